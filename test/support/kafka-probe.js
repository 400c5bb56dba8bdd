import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** ApiVersions v0, correlation id 1, no client id: any Kafka answers it, before any login too. */
const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

/**
 * Whether a Kafka broker answers on a port: a real request, because an open port proves nothing.
 * @param {{ port: number, tls?: import('node:tls').ConnectionOptions | undefined, timeoutMs: number }} options tls: absent
 *   for a port without TLS
 * @returns {Promise<boolean>}
 */
export function kafkaAnswers({ port, tls, timeoutMs }) {
  return new Promise((resolve) => {
    const to = { host: '127.0.0.1', port };
    // Whether something answers is asked here, not whether it is to be trusted.
    const socket = tls ? connectTls({ ...tls, ...to, rejectUnauthorized: false }) : connectTcp(to);
    let received = Buffer.alloc(0);
    /** @param {boolean} answered */
    const end = (answered) => {
      socket.destroy();
      clearTimeout(timer);
      resolve(answered);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    socket.on(tls ? 'secureConnect' : 'connect', () => socket.write(apiVersions));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 10) {
        // Correlation id 1, error code 0.
        end(received.readInt32BE(4) === 1 && received.readInt16BE(8) === 0);
      }
    });
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}
