import { createServer } from 'node:net';

/**
 * Whether nothing listens on a port of the loopback address.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export async function isFree(port) {
  return (await listen(port)) !== undefined;
}

/**
 * A port of the loopback address that is free at present.
 * @returns {Promise<number>}
 */
export async function freePort() {
  return /** @type {number} */ (await listen(0));
}

/**
 * @param {number} port
 * @returns {Promise<number | undefined>}
 */
function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(bound));
    });
  });
}
