import type { Server } from 'node:net';
import { messageOf, SuiteError } from 'sensorsim-shared';

export interface BindOptions {
  readonly server: Server;
  readonly host: string;
  readonly port: number;
  /** The flag that asked for it, as the user wrote it: `--listen mqtt://127.0.0.1:1883`. */
  readonly flag: string;
}

/**
 * Makes a server listen, and returns the port it got.
 * @throws {SuiteError} GATEWAY_PORT_IN_USE, GATEWAY_LISTEN_FAILED
 */
export async function bind({ server, host, port, flag }: BindOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EADDRINUSE') {
      throw new SuiteError('GATEWAY_PORT_IN_USE', `${flag}: port ${port} of ${host} is in use`, { cause });
    }
    throw new SuiteError('GATEWAY_LISTEN_FAILED', `${flag}: cannot listen: ${messageOf(cause)}`, { cause });
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
