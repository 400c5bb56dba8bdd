import { describe, expect, it } from 'vitest';
import { TimeHistogram } from './histogram.js';

describe('TimeHistogram', () => {
  it('gives percentiles in ms to three digits', () => {
    const histogram = new TimeHistogram();
    for (let ms = 1; ms <= 1_000; ms++) {
      histogram.record(ms);
    }
    const { p50, p90, p99, max } = histogram.percentiles() ?? expect.fail('no samples');
    for (const [actual, expected] of [
      [p50, 500],
      [p90, 900],
      [p99, 990],
      [max, 1_000],
    ] as const) {
      expect(Math.abs(actual - expected) / expected).toBeLessThan(0.002);
    }
  });

  it('has no percentiles without samples', () => {
    expect(new TimeHistogram().percentiles()).toBeNull();
  });

  it('merges what was counted in another thread as if it had been counted here', () => {
    const [a, b, both] = [new TimeHistogram(), new TimeHistogram(), new TimeHistogram()];
    for (let i = 0; i < 500; i++) {
      a.record(i / 7);
      both.record(i / 7);
      b.record(i * 3);
      both.record(i * 3);
    }
    a.merge(TimeHistogram.decode(b.encode()));
    expect(a.count).toBe(1_000);
    const [merged, direct] = [a.percentiles(), both.percentiles()];
    expect({ ...merged, max: 0 }).toEqual({ ...direct, max: 0 });
    expect(merged?.max).toBeCloseTo(direct?.max ?? 0, -1);
  });

  it('takes what is out of range as the nearest end', () => {
    const histogram = new TimeHistogram();
    histogram.record(-1);
    histogram.record(Number.MAX_SAFE_INTEGER);
    expect(histogram.count).toBe(2);
  });
});
