import type { SensorOptions } from '../options.js';
import { brokerAddresses } from './broker-address.js';

/** Where readings go, for people and for the guard; undefined under `--out`. */
export interface Destination {
  /** Several: with commas. */
  readonly url: string;
  readonly hosts: readonly string[];
  /** The flag that named it. */
  readonly flag: string;
}

export function destinationOf(
  options: Pick<
    SensorOptions,
    'out' | 'post' | 'broker' | 'host' | 'port' | 'cafile' | 'cert' | 'key' | 'insecure'
  >,
): Destination | undefined {
  if (options.out !== undefined) {
    return undefined;
  }
  if (options.post !== undefined) {
    const url = new URL(options.post);
    return { url: url.href, hosts: [url.hostname.replace(/^\[(.*)\]$/, '$1')], flag: '--post' };
  }
  const addresses = brokerAddresses(options);
  return addresses.length === 0
    ? undefined
    : {
        url: urlsOf(addresses),
        hosts: [...new Set(addresses.map(({ host }) => host))],
        flag: options.broker === undefined ? '--host' : '--broker',
      };
}

/** Brokers for people. */
export function urlsOf(addresses: readonly { readonly url: string }[]): string {
  return addresses.map(({ url }) => url).join(', ');
}
