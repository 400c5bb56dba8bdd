import { latencyBucketsSeconds, type Percentiles, TimeHistogram } from 'sensorsim-shared';

/** A latency, counted for the summary (HDR) and for Prometheus (fixed buckets) at once; cheap enough for every message. */
export class Latency {
  readonly #times = new TimeHistogram();
  /** Per bucket, not cumulative; the last is what lies above every bound. */
  readonly buckets: number[] = new Array(latencyBucketsSeconds.length + 1).fill(0);
  sumSeconds = 0;

  record(ms: number): void {
    this.#times.record(ms);
    const seconds = ms / 1_000;
    this.sumSeconds += seconds;
    let i = 0;
    while (i < latencyBucketsSeconds.length && seconds > (latencyBucketsSeconds[i] as number)) {
      i++;
    }
    (this.buckets[i] as number)++;
  }

  percentiles(): Percentiles | null {
    return this.#times.percentiles();
  }
}
