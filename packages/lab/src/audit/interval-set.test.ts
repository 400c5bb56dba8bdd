import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntervalSet } from './interval-set.js';

function setOf(values: readonly number[]): IntervalSet {
  const set = new IntervalSet();
  for (const value of values) {
    set.add(value);
  }
  return set;
}

function expand(ranges: Iterable<readonly [number, number]>): number[] {
  return [...ranges].flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
}

describe('IntervalSet', () => {
  it('keeps consecutive numbers as one range', () => {
    const set = setOf(Array.from({ length: 10_000 }, (_, i) => i));
    expect([...set.ranges()]).toEqual([[0, 9_999]]);
    expect(set.count).toBe(10_000);
  });

  it('closes the gap between two ranges', () => {
    expect([...setOf([1, 2, 4, 5, 3]).ranges()]).toEqual([[1, 5]]);
  });

  it('behaves as a Set does, whatever is added in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), fc.array(fc.nat(60)), (values, others) => {
        const naive = new Set<number>();
        const set = new IntervalSet();
        for (const value of values) {
          expect(set.add(value)).toBe(!naive.has(value));
          naive.add(value);
        }
        const other = new Set(others);
        const sorted = [...naive].sort((a, b) => a - b);
        expect(set.count).toBe(naive.size);
        expect(expand(set.ranges())).toEqual(sorted);
        for (let value = -1; value <= 61; value++) {
          expect(set.has(value)).toBe(naive.has(value));
        }
        expect(expand(set.without(setOf(others)))).toEqual(sorted.filter((value) => !other.has(value)));
        const ranges = [...set.ranges()];
        for (let i = 1; i < ranges.length; i++) {
          expect(ranges[i]?.[0]).toBeGreaterThan((ranges[i - 1]?.[1] ?? 0) + 1);
        }
      }),
    );
  });
});
