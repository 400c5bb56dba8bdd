import { writeSync } from 'node:fs';

const moment = new Int32Array(new SharedArrayBuffer(4));

/**
 * Prints a line before the next statement runs, so that it is out even when the process is killed right after. Where its
 * reader is slow it waits with everything else: a full pipe is EAGAIN, or takes a part, once Node.js has looked at stdout.
 * @param {string} line
 */
export function sayAtOnce(line) {
  let rest = Buffer.from(`${line}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') {
        throw error;
      }
      Atomics.wait(moment, 0, 0, 1);
    }
  }
}
