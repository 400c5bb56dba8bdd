import type { Clock, WaitHandle } from 'sensorsim-shared';

/** Lets work begin at no more than a rate, in order: connections neither open nor come back all at once. */
export class Pacer {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #queue: (() => void)[] = [];
  #nextAt = Number.NEGATIVE_INFINITY;
  #pending: WaitHandle | undefined;

  /** @param clock machine time */
  constructor(clock: Clock, rateHz: number) {
    this.#clock = clock;
    this.#intervalMs = 1_000 / rateHz;
  }

  add(begin: () => void): void {
    this.#queue.push(begin);
    if (this.#pending === undefined) {
      this.#run();
    }
  }

  stop(): void {
    this.#pending?.cancel();
    this.#queue.length = 0;
  }

  readonly #run = (): void => {
    this.#pending = undefined;
    const now = this.#clock.now();
    // Time that nobody used is not saved up, beyond what one tick of a timer may be late.
    this.#nextAt = Math.max(this.#nextAt, now - 10);
    let begun = 0;
    while (begun < this.#queue.length && this.#nextAt <= now) {
      this.#nextAt += this.#intervalMs;
      this.#queue[begun++]?.();
    }
    this.#queue.splice(0, begun);
    if (this.#queue.length > 0) {
      this.#pending = this.#clock.wake(this.#nextAt, this.#run);
    }
  };
}
