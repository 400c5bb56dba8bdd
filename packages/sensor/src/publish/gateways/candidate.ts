import type { LookupAddress } from 'node:dns';
import type { BrokerAddress } from '../broker-address.js';
import { keyHash, type Ranked } from './rendezvous.js';

/** A gateway that a connection can be made to. */
export interface Candidate extends Ranked {
  readonly address: BrokerAddress;
  /** What its name resolves to; absent: the host is an address itself. The host stays the name, for TLS and HTTP. */
  readonly addresses?: readonly LookupAddress[];
  /** For people. */
  readonly url: string;
}

/** A name with hundreds of addresses is no list of gateways of one lab: what comes on top is not looked at. */
const mostAddresses = 128;

/**
 * The gateways behind one URL.
 *
 * A name with one address, or with one of each family, is one gateway, known by its name: it keeps its devices when its address
 * changes, and of two families Node.js takes the one that answers (RFC 8305). A name with more addresses, as that of a service
 * of several containers, is as many gateways, each known by its address. The family that the resolver puts first counts; addresses of
 * the other are most likely the same gateways again, and come behind.
 * @param resolved undefined: the host is an address itself
 */
export function candidatesOf(
  address: BrokerAddress,
  resolved: readonly LookupAddress[] | undefined,
): Candidate[] {
  if (resolved === undefined) {
    return [{ key: address.url, hash: keyHash(address.url), spare: false, address, url: address.url }];
  }
  const family = resolved[0]?.family;
  const first = resolved.filter((one) => one.family === family);
  if (first.length <= 1 && resolved.length - first.length <= 1) {
    return resolved.length === 0
      ? []
      : [
          {
            key: address.url,
            hash: keyHash(address.url),
            spare: false,
            address,
            addresses: resolved,
            url: address.url,
          },
        ];
  }
  const { protocol, host, port, path } = address;
  return [...resolved]
    .sort((a, b) => (a.address < b.address ? -1 : 1))
    .slice(0, mostAddresses)
    .map((one) => {
      const bare = one.family === 6 ? `[${one.address}]` : one.address;
      const key = `${protocol}://${bare}:${port}${protocol.startsWith('ws') ? path : ''}`;
      return {
        key,
        hash: keyHash(key),
        spare: one.family !== family,
        address,
        addresses: [one],
        url: `${key} (${host})`,
      };
    });
}
