import { describe, expect, it } from 'vitest';
import { randomStream } from './random-stream.js';

const take = (count: number, next: () => number): number[] => Array.from({ length: count }, next);

describe('randomStream', () => {
  it('gives the same numbers for the same key', () => {
    const once = take(
      100,
      randomStream('s', 'temp-0001', 'noise').normal.bind(randomStream('s', 'temp-0001', 'noise')),
    );
    const again = randomStream('s', 'temp-0001', 'noise');
    expect(take(100, () => again.normal())).toEqual(once);
  });

  it.each([
    ['another seed', 't', 'temp-0001', 'noise'],
    ['another owner', 's', 'temp-0002', 'noise'],
    ['another purpose', 's', 'temp-0001', 'jitter'],
    ['the same letters split elsewhere', 's', 'temp-0001/noise', ''],
  ])('gives other numbers for %s', (_, seed, owner, purpose) => {
    const base = randomStream('s', 'temp-0001', 'noise');
    const other = randomStream(seed, owner, purpose);
    expect(take(10, () => other.uniform())).not.toEqual(take(10, () => base.uniform()));
  });

  it('gives normals of mean 0 and standard deviation 1', () => {
    const stream = randomStream('s', 'x', 'n');
    const values = take(100_000, () => stream.normal());
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    // Four standard errors of the mean and of the variance at this sample size.
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(values.length));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
  });
});
