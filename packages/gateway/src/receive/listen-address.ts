/** What a `--listen` URL may start with, and the port where it names none. */
export const listenSchemes = {
  mqtt: 1883,
  mqtts: 8883,
  ws: 8083,
  wss: 8084,
  http: 1880,
} as const;

export type ListenScheme = keyof typeof listenSchemes;

/** Where to listen. */
export interface ListenAddress {
  readonly scheme: ListenScheme;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The URL as it was written, for messages. */
  readonly url: string;
}

const examples =
  'as in mqtt://127.0.0.1:1883, mqtts://0.0.0.0:8883, ws://127.0.0.1:8083 or http://127.0.0.1:1880';

/** The address of a `--listen` URL, or the problem in words. The host is always explicit: nothing is opened by default. */
export function parseListenAddress(url: string): ListenAddress | { readonly problem: string } {
  // URL knows no default port for mqtt, and drops port 80 of http: read by hand.
  const match = /^([a-z]+):\/\/(\[[0-9a-f:.]+\]|[^\s:/?#@]+)(?::(\d{1,5}))?\/?$/i.exec(url);
  const scheme = match?.[1]?.toLowerCase();
  if (match === null || scheme === undefined || !(scheme in listenSchemes)) {
    return { problem: `is not an address to listen on; write scheme, host and port, ${examples}` };
  }
  const port = match[3] === undefined ? listenSchemes[scheme as ListenScheme] : Number(match[3]);
  if (port > 65_535) {
    return { problem: 'has a port above 65535' };
  }
  const host = (match[2] as string).replace(/^\[|\]$/g, '');
  return { scheme: scheme as ListenScheme, host, port, url };
}

/** `mqtt://127.0.0.1:1883`, `ws://[::1]:8083`. */
export function formatListenAddress(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
