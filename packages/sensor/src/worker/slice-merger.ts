import { mergeSlices, type Slice } from './slice-lines.js';

/** The lines of one worker for one slice of time. */
export interface WorkerSlice {
  readonly out?: Slice;
  readonly truth?: Slice;
}

export interface SliceMergerOptions {
  readonly workers: number;
  readonly writeOut: (lines: Buffer, count: number) => void;
  readonly writeTruth: (lines: Buffer, count: number) => void;
  /** A worker's slice has been written. */
  readonly credit: (worker: number) => void;
}

/**
 * Puts the slices of all workers together: slice k is written when every worker that still runs has delivered its own.
 * Workers run ahead by a few slices at most, which bounds what is kept here.
 */
export class SliceMerger {
  readonly #options: SliceMergerOptions;
  readonly #queues: WorkerSlice[][];
  readonly #finished: boolean[];

  constructor(options: SliceMergerOptions) {
    this.#options = options;
    this.#queues = Array.from({ length: options.workers }, () => []);
    this.#finished = this.#queues.map(() => false);
  }

  add(worker: number, slice: WorkerSlice): void {
    (this.#queues[worker] as WorkerSlice[]).push(slice);
    this.#advance();
  }

  /** A worker has delivered its last slice. */
  finish(worker: number): void {
    this.#finished[worker] = true;
    this.#advance();
  }

  #advance(): void {
    const { writeOut, writeTruth, credit } = this.#options;
    while (this.#queues.every((queue, worker) => queue.length > 0 || this.#finished[worker])) {
      const heads: WorkerSlice[] = [];
      const from: number[] = [];
      this.#queues.forEach((queue, worker) => {
        const slice = queue.shift();
        if (slice !== undefined) {
          heads.push(slice);
          from.push(worker);
        }
      });
      if (heads.length === 0) {
        return;
      }
      write(
        heads.flatMap(({ out }) => out ?? []),
        writeOut,
      );
      write(
        heads.flatMap(({ truth }) => truth ?? []),
        writeTruth,
      );
      from.forEach(credit);
    }
  }
}

function write(slices: readonly Slice[], to: (lines: Buffer, count: number) => void): void {
  const count = slices.reduce((sum, { ends }) => sum + ends.length, 0);
  if (count > 0) {
    to(mergeSlices(slices), count);
  }
}
