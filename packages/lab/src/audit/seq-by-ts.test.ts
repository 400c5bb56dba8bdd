import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeqByTs } from './seq-by-ts.js';

describe('SeqByTs', () => {
  it('tells the sequence numbers in a span of time, as a plain list would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(3), { minLength: 60, maxLength: 60 }),
        fc.integer({ min: -2, max: 260 }),
        fc.integer({ min: 0, max: 30 }),
        (steps, delays, from, width) => {
          let ts = 0;
          const rows = steps.map((step, seq) => {
            ts += step;
            return { seq, ts };
          });
          // Fates are known a little out of order.
          const order = [...rows].sort(
            (a, b) => a.seq + (delays[a.seq] ?? 0) - (b.seq + (delays[b.seq] ?? 0)),
          );
          const index = new SeqByTs();
          for (const row of order) {
            index.add(row.seq, row.ts);
          }
          const expected = rows.filter((row) => row.ts >= from && row.ts <= from + width);
          expect(index.within(from, from + width)).toEqual(expected.map((row) => row.seq));
        },
      ),
    );
  });

  it('keeps a regular course of a million readings in one run', () => {
    const index = new SeqByTs();
    for (let seq = 0; seq < 1_000_000; seq++) {
      index.add(seq, 1_700_000_000_000 + seq * 200);
    }
    const ts = 1_700_000_000_000 + 777_777 * 200;
    expect(index.within(ts, ts)).toEqual([777_777]);
    expect(index.runs).toBe(1);
  });
});
