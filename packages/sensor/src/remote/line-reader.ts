import { SuiteError } from 'sensorsim-shared';

const newline = 0x0a;

/** Takes a stream of lines apart, however it comes in pieces; keeps one line at most. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  readonly #mostBytes: number;
  #parts: Buffer[] = [];
  #have = 0;

  /** @param mostBytes the longest line */
  constructor(mostBytes: number, onLine: (line: string) => void) {
    this.#mostBytes = mostBytes;
    this.#onLine = onLine;
  }

  /** @throws {SuiteError} FLEET_MISMATCH: a line is too long; what `onLine` throws */
  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, end));
      from = end + 1;
      const line = Buffer.concat(this.#parts).toString();
      this.#parts = [];
      this.#have = 0;
      this.#onLine(line);
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(part: Buffer): void {
    this.#have += part.length;
    if (this.#have > this.#mostBytes) {
      throw new SuiteError(
        'FLEET_MISMATCH',
        `a line on standard input is longer than ${this.#mostBytes} bytes`,
      );
    }
    if (part.length > 0) {
      this.#parts.push(part);
    }
  }
}
