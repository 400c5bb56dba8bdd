import type { LookupAddress } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import type { BrokerAddress } from './broker-address.js';
import type { TlsFiles } from './mqtt-settings.js';

/** How connections are secured, those of patterns as those of the fleet. */
export interface TransportSecurity {
  readonly tls: TlsFiles;
  /** Takes any certificate. */
  readonly insecure: boolean;
}

/** Where a connection goes. */
export interface TransportTarget {
  readonly address: Pick<BrokerAddress, 'protocol' | 'host' | 'port' | 'path'>;
  /** What the name of the host resolves to; absent: it is looked up; none: it cannot be reached. */
  readonly addresses?: readonly LookupAddress[] | undefined;
}

/**
 * Begins a byte stream to a broker. `onOpen` is called once it stands; what goes wrong, before or after, is an `error`
 * and a `close` of the stream. Whatever the address, certificate and HTTP host are asked for by the name.
 */
export function openTransport(
  { tls, insecure }: TransportSecurity,
  { address: { protocol, host, port, path }, addresses }: TransportTarget,
  onOpen: () => void,
): Duplex {
  const secure = { ...tls, rejectUnauthorized: !insecure };
  // A name in the handshake may not be an address (RFC 6066 §3).
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const known = addresses === undefined ? {} : { lookup: answering(addresses) };
  switch (protocol) {
    case 'mqtt':
      return withoutDelay(connectTcp({ host, port, ...known }).once('connect', onOpen));
    case 'mqtts':
      return withoutDelay(
        connectTls({ host, port, ...known, ...secure, ...servername }).once('secureConnect', onOpen),
      );
    default: {
      const authority = host.includes(':') ? `[${host}]` : host;
      const socket = new WebSocket(`${protocol}://${authority}:${port}${path}`, ['mqtt'], {
        ...known,
        ...secure,
        ...servername,
        perMessageDeflate: false,
      });
      socket.once('open', onOpen);
      const stream = createWebSocketStream(socket);
      // A half that is still open says nothing more.
      return stream.once('end', () => stream.destroy());
    }
  }
}

/** A resolver that knows the answer. Node.js asks for all addresses where it may try them in turn. */
function answering(addresses: readonly LookupAddress[]): LookupFunction {
  return (host, { all }, callback) => {
    const [first] = addresses;
    queueMicrotask(() => {
      if (first === undefined) {
        callback(Object.assign(new Error(`no address of ${host} may be used`), { code: 'ENOTFOUND' }), '');
      } else if (all) {
        callback(null, [...addresses]);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}

/** Readings are small and should not wait for one another in the kernel (Nagle). */
function withoutDelay(socket: Socket): Socket {
  return socket.setNoDelay(true);
}
