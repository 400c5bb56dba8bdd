import type { Readable, Writable } from 'node:stream';

/** The way to a fleet in another process, on this machine or another: its standard streams, and its end. */
export interface FleetTransport {
  /** To its standard input. */
  readonly input: Writable;
  /** Its standard output, apart from everything else. */
  readonly output: Readable;
  /** Its standard error: told of where it ends too soon. */
  readonly errors?: Readable | undefined;
  /** Resolves when it has ended, or the way to it has: how, in words, as `exit code 137`. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it at once, where it still runs, and resolves when nothing is left of it. Idempotent; never rejects. */
  kill(): Promise<void>;
}
