/**
 * A set of whole numbers, kept as disjoint ranges: a device's million consecutive sequence numbers cost one range.
 * Memory is O(gaps). Adding in rising order is O(1), in any order O(log ranges) plus the shift of a splice.
 */
export class IntervalSet {
  /** First and last member of each range, rising; neighbouring ranges never touch. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  #count = 0;

  /** How many numbers the set holds. */
  get count(): number {
    return this.#count;
  }

  /** Adds a number; false where it was there already. */
  add(value: number): boolean {
    const from = this.#from;
    const to = this.#to;
    // The last range that begins at or before the value; nearly always the last of all.
    const at = this.#rangeOf(value);
    if (at >= 0 && value <= (to[at] as number)) {
      return false;
    }
    this.#count++;
    const touchesLeft = at >= 0 && (to[at] as number) === value - 1;
    const touchesRight = at + 1 < from.length && from[at + 1] === value + 1;
    if (touchesLeft && touchesRight) {
      to[at] = to[at + 1] as number;
      from.splice(at + 1, 1);
      to.splice(at + 1, 1);
    } else if (touchesLeft) {
      to[at] = value;
    } else if (touchesRight) {
      from[at + 1] = value;
    } else {
      from.splice(at + 1, 0, value);
      to.splice(at + 1, 0, value);
    }
    return true;
  }

  has(value: number): boolean {
    const at = this.#rangeOf(value);
    return at >= 0 && value <= (this.#to[at] as number);
  }

  /** The ranges in rising order, both ends included. */
  *ranges(): Generator<readonly [from: number, to: number]> {
    for (let i = 0; i < this.#from.length; i++) {
      yield [this.#from[i] as number, this.#to[i] as number];
    }
  }

  /** The ranges of this set that `other` lacks, in rising order. */
  *without(other: IntervalSet): Generator<readonly [from: number, to: number]> {
    for (const [from, to] of this.ranges()) {
      yield* other.gapsWithin(from, to);
    }
  }

  /** What the set lacks of `first` to `last`, both included, as ranges in rising order. */
  *gapsWithin(first: number, last: number): Generator<readonly [from: number, to: number]> {
    let next = first;
    for (let i = Math.max(0, this.#rangeOf(first)); i < this.#from.length && next <= last; i++) {
      const from = this.#from[i] as number;
      if (from > last) {
        break;
      }
      if (from > next) {
        yield [next, from - 1];
      }
      next = Math.max(next, (this.#to[i] as number) + 1);
    }
    if (next <= last) {
      yield [next, last];
    }
  }

  /** Index of the last range that begins at or before the value, or -1. */
  #rangeOf(value: number): number {
    const from = this.#from;
    let high = from.length - 1;
    if (high < 0 || (from[high] as number) <= value) {
      return high;
    }
    let low = 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((from[middle] as number) <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
