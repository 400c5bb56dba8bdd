import type { Writable } from 'node:stream';
import { messageOf, SuiteError } from 'sensorsim-shared';
import { LineSink, type LineSinkOptions } from './line-sink.js';

export interface StdoutSinkOptions extends LineSinkOptions {
  readonly stream: Writable;
}

/**
 * Writes records to a stream, a line of NDJSON each: safe is taken by the operating system. One write is under way at a
 * time, so that a reader that is slow makes the sink wait. A stream that is closed stays closed: every record is then
 * called back with FILE_UNWRITABLE.
 */
export class StdoutSink extends LineSink {
  readonly name = 'stdout';
  readonly #stream: Writable;
  #closed: SuiteError | undefined;
  readonly #onError = (error: unknown) => this.#end(error);

  constructor(options: StdoutSinkOptions) {
    super(options);
    this.#stream = options.stream;
  }

  override get ready(): boolean {
    return super.ready && this.#closed === undefined;
  }

  protected async open(): Promise<void> {
    this.#stream.on('error', this.#onError);
  }

  protected write(lines: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed);
        return;
      }
      this.#stream.write(lines, (error) => {
        // A stream has no second try: what it took of a failed write cannot be known.
        if (error) {
          reject(this.#end(error));
        } else {
          resolve();
        }
      });
    });
  }

  protected async close(isIdle: boolean): Promise<void> {
    if (isIdle && this.#closed === undefined) {
      this.#stream.off('error', this.#onError);
    }
  }

  #end(error: unknown): SuiteError {
    this.#closed ??= new SuiteError(
      'FILE_UNWRITABLE',
      `cannot write to standard output: ${messageOf(error)}`,
    );
    return this.#closed;
  }
}
