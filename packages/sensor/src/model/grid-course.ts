import { type RandomStream, randomStream } from 'sensorsim-shared';

/** Whose course it is, and since when. */
export interface CourseKey {
  readonly seed: string;
  /** The room or device; prefixed by its kind, so that a room and a device of one name stay apart. */
  readonly owner: string;
  readonly purpose: string;
  /** Where the course begins, ms since the epoch. */
  readonly startAt: number;
  /** Asked by several devices, whose questions are not quite in order: more grid points are kept. Default false. */
  readonly shared?: boolean;
}

/** Grid points kept for one who asks in order, and for several; powers of two. */
const keptAlone = 2;
const keptShared = 64;

/**
 * A random course on a fixed time grid, at multiples of `gridMs` since the epoch: the same for everyone who asks,
 * however often and in which worker. It is a pure function of its key; what it holds is only where it stands.
 * Memory is constant; time grows with the grid points passed. A question from before the kept points is answered
 * rightly too, by starting again.
 */
export abstract class GridCourse {
  protected readonly gridMs: number;
  readonly #key: CourseKey;
  readonly #firstIndex: number;
  readonly #kept: number;
  readonly #ring: Float64Array;
  /** The newest grid point in the ring. */
  #lastIndex = Number.NEGATIVE_INFINITY;
  #random!: RandomStream;

  /** @param leadMs how long before `startAt` the course begins, for one that has to settle */
  constructor(key: CourseKey, gridMs: number, leadMs = 0) {
    this.#key = key;
    this.#kept = key.shared === true ? keptShared : keptAlone;
    this.#ring = new Float64Array(this.#kept);
    this.gridMs = gridMs;
    this.#firstIndex = Math.floor((key.startAt - leadMs) / gridMs);
  }

  /** The value at the first grid point. */
  protected abstract first(random: RandomStream): number;
  /** The value one grid point after `previous`; `at` is the new point's time. */
  protected abstract next(previous: number, at: number, random: RandomStream): number;

  /**
   * Goes to where the course begins: at the end of a constructor, so that a fleet's first readings cost no more than
   * later ones.
   */
  protected begin(): void {
    this.stepped(this.#key.startAt);
  }

  /** The value of the last grid point at or before `ts`; before the beginning, the first value. */
  stepped(ts: number): number {
    const index = Math.max(this.#firstIndex, Math.floor(ts / this.gridMs));
    this.#reach(index, index);
    return this.#ring[index & (this.#kept - 1)] as number;
  }

  /** Between grid points, the straight line; before the beginning, the first value. */
  interpolated(ts: number): number {
    const position = Math.max(this.#firstIndex, ts / this.gridMs);
    const index = Math.floor(position);
    this.#reach(index, index + 1);
    const from = this.#ring[index & (this.#kept - 1)] as number;
    const to = this.#ring[(index + 1) & (this.#kept - 1)] as number;
    return from + (to - from) * (position - index);
  }

  #reach(oldest: number, newest: number): void {
    if (oldest <= this.#lastIndex - this.#kept || this.#lastIndex < this.#firstIndex) {
      const { seed, owner, purpose } = this.#key;
      this.#random = randomStream(seed, owner, purpose);
      this.#lastIndex = this.#firstIndex;
      this.#ring[this.#lastIndex & (this.#kept - 1)] = this.first(this.#random);
    }
    if (newest > this.#lastIndex) {
      this.#advance(newest);
    }
  }

  #advance(newest: number): void {
    let index = this.#lastIndex;
    let value = this.#ring[index & (this.#kept - 1)] as number;
    while (index < newest) {
      index += 1;
      value = this.next(value, index * this.gridMs, this.#random);
      this.#ring[index & (this.#kept - 1)] = value;
    }
    this.#lastIndex = index;
  }
}
