import type { SensorOptions } from '../options.js';
import { brokerAddress } from './broker-address.js';

/** The host that readings go to, for people and for the guard; undefined under `--out`. */
export interface Destination {
  readonly url: string;
  readonly host: string;
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
    return { url: url.href, host: url.hostname.replace(/^\[(.*)\]$/, '$1'), flag: '--post' };
  }
  const address = brokerAddress(options);
  return 'problem' in address
    ? undefined
    : { url: address.url, host: address.host, flag: options.broker === undefined ? '--host' : '--broker' };
}
