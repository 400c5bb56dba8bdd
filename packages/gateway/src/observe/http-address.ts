/** `127.0.0.1:9464`, `9464` (on loopback), `[::1]:9464`; undefined for anything else. */
export function parseHttpAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^\s:/]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  return match === null || port > 65_535
    ? undefined
    : { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}
