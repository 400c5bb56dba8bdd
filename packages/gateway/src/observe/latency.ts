import { latencyBucketsSeconds, type Percentiles, TimeHistogram } from 'sensorsim-shared';

/** A latency in Prometheus' buckets: a few additions a message, where prom-client's own histogram costs a microsecond. */
export class LatencyBuckets {
  /** By bound, not cumulative; the last is what lies above every bound. */
  readonly counts: number[] = new Array(latencyBucketsSeconds.length + 1).fill(0);
  sumSeconds = 0;

  record(ms: number): void {
    const seconds = ms / 1_000;
    this.sumSeconds += seconds;
    let i = 0;
    while (i < latencyBucketsSeconds.length && seconds > (latencyBucketsSeconds[i] as number)) {
      i++;
    }
    (this.counts[i] as number)++;
  }
}

/** A latency for the summary too, which wants percentiles. */
export class Latency extends LatencyBuckets {
  readonly #times = new TimeHistogram();

  override record(ms: number): void {
    super.record(ms);
    this.#times.record(ms);
  }

  percentiles(): Percentiles | null {
    return this.#times.percentiles();
  }
}
