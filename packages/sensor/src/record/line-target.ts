import type { Writable } from 'node:stream';
import { LineFile } from 'sensorsim-shared';
import type { LineRoom, LineSink } from './line-sink.js';

/** Where `--out` goes in the end. */
export interface LineTarget extends LineSink, LineRoom {
  /** Whole lines that were put together elsewhere, each ended by its newline. */
  appendBytes(bytes: Uint8Array, lines: number): void;
  /** Writes what was gathered; resolves when it is out. */
  close(): Promise<void>;
}

/** A file. It is written synchronously, so there is always room. */
export class FileTarget implements LineTarget {
  readonly full = false;
  readonly #file: LineFile;
  #closed = false;

  /** @throws {SuiteError} FILE_UNWRITABLE */
  constructor(path: string) {
    this.#file = new LineFile(path);
  }

  append(line: string): void {
    this.#file.append(line);
  }

  appendBytes(bytes: Uint8Array, lines: number): void {
    this.#file.appendBytes(bytes, lines);
  }

  endSlice(): void {}

  whenRoom(callback: () => void): void {
    setImmediate(callback);
  }

  flush(): void {
    this.#file.flush();
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#file.close();
    }
  }
}

const gatherChars = 64 * 1024;

/** A stream, as standard output: full while its reader is behind. */
export class StreamTarget implements LineTarget {
  readonly #stream: Writable;
  #pending = '';
  #open = true;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  get full(): boolean {
    return this.#stream.writableNeedDrain;
  }

  append(line: string): void {
    this.#pending += `${line}\n`;
    if (this.#pending.length >= gatherChars) {
      this.flush();
    }
  }

  appendBytes(bytes: Uint8Array): void {
    this.flush();
    if (this.#writable) {
      this.#stream.write(bytes);
    }
  }

  endSlice(): void {}

  whenRoom(callback: () => void): void {
    if (this.full && this.#writable) {
      this.#stream.once('drain', callback);
    } else {
      setImmediate(callback);
    }
  }

  flush(): void {
    if (this.#pending !== '' && this.#writable) {
      this.#stream.write(this.#pending);
    }
    this.#pending = '';
  }

  close(): Promise<void> {
    this.flush();
    const open = this.#open && this.#writable;
    this.#open = false;
    // Not ended: standard output is not ours to close.
    return open ? new Promise((resolve) => this.#stream.write('', () => resolve())) : Promise.resolve();
  }

  get #writable(): boolean {
    return this.#stream.writable && !this.#stream.destroyed;
  }
}
