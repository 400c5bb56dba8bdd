import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import type { Percentiles } from '../wire/index.js';

const highestMicroseconds = 24 * 3_600 * 1_000_000;

/**
 * A distribution of times, in HDR buckets: three significant digits from 1 µs to one day, in constant memory.
 * Can be sent between threads and merged, to the same three digits.
 */
export class TimeHistogram {
  #histogram: Histogram;

  constructor() {
    this.#histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: highestMicroseconds,
      numberOfSignificantValueDigits: 3,
    });
  }

  /** Counts a time. Below 0 counts as 0, above a day as a day. */
  record(ms: number): void {
    const us = Math.round(ms * 1_000);
    this.#histogram.recordValue(us < 0 ? 0 : us > highestMicroseconds ? highestMicroseconds : us);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Null while nothing was counted. */
  percentiles(): Percentiles | null {
    const h = this.#histogram;
    if (h.totalCount === 0) {
      return null;
    }
    const at = (percentile: number): number => h.getValueAtPercentile(percentile) / 1_000;
    return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: h.maxValue / 1_000 };
  }

  merge(other: TimeHistogram): void {
    this.#histogram.add(other.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }

  /** The HDR log format (V2, compressed, base64), which other HDR tools read too. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  static decode(text: string): TimeHistogram {
    const histogram = new TimeHistogram();
    histogram.#histogram.add(decodeFromCompressedBase64(text));
    return histogram;
  }
}
