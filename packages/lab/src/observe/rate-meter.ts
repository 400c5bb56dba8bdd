/** The rate of a counter over the last seconds, from samples of it. */
export class RateMeter {
  readonly #windowMs: number;
  readonly #samples: { readonly at: number; readonly value: number }[] = [];

  /** @param windowMs span of time over which the rate is told; default 2 s */
  constructor(windowMs = 2_000) {
    this.#windowMs = windowMs;
  }

  /** Takes a sample and returns the rate, per second; 0 until there are two. */
  sample(at: number, value: number): number {
    const samples = this.#samples;
    samples.push({ at, value });
    while (samples.length > 2 && (samples[1] as { at: number }).at <= at - this.#windowMs) {
      samples.shift();
    }
    const first = samples[0] as { at: number; value: number };
    return at > first.at ? ((value - first.value) / (at - first.at)) * 1_000 : 0;
  }
}
