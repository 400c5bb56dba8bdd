import { createServer } from 'node:net';
import { messageOf, SuiteError } from 'sensorsim-shared';

/** How many ports above the wanted one are tried. */
const triedPorts = 100;

/**
 * The first port from `wanted` upwards on which `host` lets a server listen; `except` are left out.
 * @throws {SuiteError} GATEWAY_PORT_IN_USE: none of a hundred is free; GATEWAY_LISTEN_FAILED: the host is not this machine's
 */
export async function firstFreePort(
  host: string,
  wanted: number,
  except: readonly number[] = [],
): Promise<number> {
  for (let port = wanted; port < wanted + triedPorts && port <= 65_535; port++) {
    if (!except.includes(port) && (await isFree(host, port))) {
      return port;
    }
  }
  throw new SuiteError('GATEWAY_PORT_IN_USE', `no port from ${wanted} upwards is free on ${host}`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => {
      // EACCES: a privileged port; one further up will do.
      if (cause.code === 'EADDRINUSE' || cause.code === 'EACCES') {
        resolve(false);
      } else {
        reject(
          new SuiteError('GATEWAY_LISTEN_FAILED', `cannot listen on ${host}: ${messageOf(cause)}`, { cause }),
        );
      }
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
