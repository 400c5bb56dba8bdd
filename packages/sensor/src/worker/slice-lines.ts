import type { LineRoom, LineSink } from '../record/line-sink.js';

/** Lines of one slice of time, in order, as they go from a worker to the main thread. */
export interface Slice {
  /** The lines, each ended by its newline. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each line ends in `bytes`. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** When each was due, and the index of its device: the order of lines over all workers. */
  readonly due: Float64Array<ArrayBuffer>;
  readonly index: Uint32Array<ArrayBuffer>;
}

/** Gathers the lines of a slice in a worker. */
export class SliceLines implements LineSink, LineRoom {
  /** The end of a slice waits for the main thread; within one there is always room. */
  readonly full = false;
  #text = '';
  #ends: number[] = [];
  #due: number[] = [];
  #index: number[] = [];

  append(line: string, due: number, index: number): void {
    this.#text += `${line}\n`;
    this.#ends.push(this.#text.length);
    this.#due.push(due);
    this.#index.push(index);
  }

  endSlice(): void {}

  whenRoom(callback: () => void): void {
    setImmediate(callback);
  }

  flush(): void {}

  get length(): number {
    return this.#ends.length;
  }

  /** What was gathered; begins anew. */
  take(): Slice {
    const text = this.#text;
    const bytes = new TextEncoder().encode(text);
    const ends = bytes.length === text.length ? Uint32Array.from(this.#ends) : byteEnds(text, this.#ends);
    const slice = { bytes, ends, due: Float64Array.from(this.#due), index: Uint32Array.from(this.#index) };
    this.#text = '';
    this.#ends = [];
    this.#due = [];
    this.#index = [];
    return slice;
  }
}

/** Where lines end in bytes, when they do not end where they do in characters. */
function byteEnds(text: string, ends: readonly number[]): Uint32Array<ArrayBuffer> {
  let start = 0;
  let bytes = 0;
  return Uint32Array.from(ends, (end) => {
    bytes += Buffer.byteLength(text.slice(start, end));
    start = end;
    return bytes;
  });
}

/** Puts slices of several workers, each in order, into one order by (due, index of the device). */
export function mergeSlices(slices: readonly Slice[]): Buffer {
  const merged = Buffer.allocUnsafe(slices.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const at = slices.map(() => 0);
  let written = 0;
  for (;;) {
    let first = -1;
    let firstDue = 0;
    let firstIndex = 0;
    for (let i = 0; i < slices.length; i++) {
      const { due, index } = slices[i] as Slice;
      const next = at[i] as number;
      if (next < due.length) {
        const nextDue = due[next] as number;
        const nextIndex = index[next] as number;
        if (first < 0 || nextDue < firstDue || (nextDue === firstDue && nextIndex < firstIndex)) {
          first = i;
          firstDue = nextDue;
          firstIndex = nextIndex;
        }
      }
    }
    if (first < 0) {
      return merged;
    }
    const { bytes, ends } = slices[first] as Slice;
    const line = at[first] as number;
    const start = line === 0 ? 0 : (ends[line - 1] as number);
    const end = ends[line] as number;
    merged.set(bytes.subarray(start, end), written);
    written += end - start;
    at[first] = line + 1;
  }
}
