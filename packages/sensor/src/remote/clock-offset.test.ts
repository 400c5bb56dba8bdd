import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockOffsetOf } from './clock-offset.js';

describe('the offset of a clock', () => {
  it('is within its uncertainty of the true one, however unequal the ways are', () => {
    const trip = fc.record({
      there: fc.integer({ min: 0, max: 500 }),
      back: fc.integer({ min: 0, max: 500 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.array(trip, { minLength: 1, maxLength: 9 }),
        (offset, trips) => {
          const { offsetMs, uncertaintyMs } = clockOffsetOf(
            trips.map(({ there, back }, i) => ({
              askedAt: i * 10_000,
              otherAt: i * 10_000 + there + offset,
              answeredAt: i * 10_000 + there + back,
            })),
          );
          const shortest = Math.min(...trips.map(({ there, back }) => there + back));
          expect(uncertaintyMs).toBe(shortest / 2);
          // What is taken as none is at most twice as uncertain.
          expect(Math.abs(offsetMs - offset)).toBeLessThanOrEqual((offsetMs === 0 ? 2 : 1) * uncertaintyMs);
        },
      ),
    );
  });

  it('is none where the round trip may have made it, as on one machine', () => {
    const trip = { askedAt: 1_000, otherAt: 1_009, answeredAt: 1_010 };
    expect(clockOffsetOf([trip])).toEqual({ offsetMs: 0, uncertaintyMs: 5 });
    expect(clockOffsetOf([{ ...trip, otherAt: 1_011 }])).toEqual({ offsetMs: 6, uncertaintyMs: 5 });
  });
});
