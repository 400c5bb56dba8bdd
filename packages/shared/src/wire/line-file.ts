import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { messageOf, SuiteError } from '../error/index.js';

const flushAtChars = 64 * 1024;

/**
 * A file of lines, hashed as it is written. Lines gather in memory up to 64 KiB and are then written synchronously:
 * memory cannot grow with the run, and a full disk is met at the line that did not fit.
 */
export class LineFile {
  readonly path: string;
  #pending = '';
  #lines = 0;
  #bytes = 0;
  #fd: number;
  readonly #hash: Hash = createHash('sha256');

  /** @throws {SuiteError} FILE_UNWRITABLE */
  constructor(path: string) {
    this.path = path;
    this.#fd = attempt(path, () => openSync(path, 'w'));
  }

  get lines(): number {
    return this.#lines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a line; the newline is added here.
   * @throws {SuiteError} FILE_UNWRITABLE: disk full, or another fault of the file
   */
  append(line: string): void {
    this.#pending += `${line}\n`;
    this.#lines++;
    if (this.#pending.length >= flushAtChars) {
      this.flush();
    }
  }

  /** Adds whole lines that are bytes already, each ended by its newline. */
  appendBytes(bytes: Uint8Array, lines: number): void {
    this.flush();
    this.#write(bytes);
    this.#lines += lines;
  }

  flush(): void {
    if (this.#pending !== '') {
      const bytes = Buffer.from(this.#pending, 'utf8');
      this.#pending = '';
      this.#write(bytes);
    }
  }

  /** Writes what is pending, closes, and returns the SHA-256 of the whole file in hex. */
  close(): string {
    this.flush();
    closeSync(this.#fd);
    this.#fd = -1;
    return this.#hash.digest('hex');
  }

  #write(bytes: Uint8Array): void {
    attempt(this.path, () => {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#fd, bytes, at);
      }
    });
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new SuiteError('FILE_UNWRITABLE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}
