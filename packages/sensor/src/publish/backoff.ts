import type { RandomStream } from 'sensorsim-shared';

const firstMs = 500;
const longestMs = 30_000;
/** Once little time is left. */
const hurriedMs = 1_000;

/** How long to wait before the next attempt: doubling from 0.5 s to 30 s, or to 1 s in a hurry, each a random half to whole of that. */
export class Backoff {
  readonly #random: RandomStream;
  #attempts = 0;
  #longestMs = longestMs;

  constructor(random: RandomStream) {
    this.#random = random;
  }

  nextMs(): number {
    const ceiling = Math.min(this.#longestMs, firstMs * 2 ** Math.min(this.#attempts++, 16));
    return ceiling * (0.5 + this.#random.uniform() / 2);
  }

  /** From now on. */
  hurry(): void {
    this.#longestMs = hurriedMs;
  }

  reset(): void {
    this.#attempts = 0;
  }
}
