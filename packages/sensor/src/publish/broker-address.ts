import type { SensorOptions } from '../options.js';

/** Where a broker is, and who we are to it. */
export interface BrokerAddress {
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss';
  readonly host: string;
  readonly port: number;
  /** WebSocket only. */
  readonly path: string;
  /** From the URL; `--username` and `--password` win over it. */
  readonly username?: string;
  readonly password?: string;
  /** For people, without the password. */
  readonly url: string;
}

const defaultPorts = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;
const protocols: Readonly<Record<string, BrokerAddress['protocol']>> = {
  'mqtt:': 'mqtt',
  'tcp:': 'mqtt',
  'mqtts:': 'mqtts',
  'ssl:': 'mqtts',
  'tls:': 'mqtts',
  'ws:': 'ws',
  'wss:': 'wss',
};

/** The settings that say where the brokers are. */
export type AddressOptions = Pick<
  SensorOptions,
  'broker' | 'host' | 'port' | 'cafile' | 'cert' | 'key' | 'insecure'
>;

/** The brokers that `--broker`, or `--host` and `--port`, name: one or more; `problems` in words where one is none. */
export function brokerAddresses(options: AddressOptions, problems: string[] = []): BrokerAddress[] {
  const urls = options.broker === undefined || options.broker.length === 0 ? [undefined] : options.broker;
  const addresses: BrokerAddress[] = [];
  for (const broker of urls) {
    const address = brokerAddress({ ...options, broker });
    if ('problem' in address) {
      problems.push(address.problem);
    } else if (addresses.some(({ url }) => url === address.url)) {
      problems.push(`--broker: ${address.url} stands there twice`);
    } else {
      addresses.push(address);
    }
  }
  return addresses;
}

/** The credentials that stand in the URLs: those of the first that has any. */
export function credentialsOf(
  addresses: readonly BrokerAddress[],
): Pick<BrokerAddress, 'username' | 'password'> {
  const { username, password } =
    addresses.find((address) => address.username !== undefined || address.password !== undefined) ?? {};
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

/** What `--host` and `--port`, or a URL, name; a problem in words when it is no address. */
export function brokerAddress(
  options: Omit<AddressOptions, 'broker'> & { readonly broker?: string | undefined },
): BrokerAddress | { readonly problem: string } {
  if (options.broker === undefined) {
    // As in mosquitto_pub, what concerns certificates, or the port of MQTT over TLS, asks for TLS.
    const secure =
      options.port === 8883 ||
      options.insecure ||
      options.cafile !== undefined ||
      options.cert !== undefined ||
      options.key !== undefined;
    const protocol = secure ? 'mqtts' : 'mqtt';
    const host = (options.host ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1');
    if (/[/:@\s]/.test(host) && !/^[0-9a-fA-F:.]+(%\w+)?$/.test(host)) {
      return { problem: `--host: "${host}" is not a host name; give a URL with --broker` };
    }
    return named({ protocol, host, port: options.port ?? defaultPorts[protocol], path: '/' });
  }
  if (!URL.canParse(options.broker)) {
    return { problem: `--broker: "${options.broker}" is not a URL, as mqtt://127.0.0.1:1883` };
  }
  const url = new URL(options.broker);
  const protocol = protocols[url.protocol];
  if (protocol === undefined) {
    return { problem: `--broker: ${url.protocol}// is none of mqtt://, mqtts://, ws://, wss://` };
  }
  if (url.hostname === '') {
    return { problem: `--broker: "${options.broker}" names no host` };
  }
  return named({
    protocol,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPorts[protocol] : Number(url.port),
    path: `${url.pathname === '' ? '/' : url.pathname}${url.search}`,
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  });
}

function named(address: Omit<BrokerAddress, 'url'>): BrokerAddress {
  const { protocol, host, port, path } = address;
  const shownPath = protocol.startsWith('ws') ? path : '';
  return { ...address, url: `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}${shownPath}` };
}
