import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSlices, type Slice, SliceLines } from './slice-lines.js';
import { SliceMerger } from './slice-merger.js';

interface Line {
  readonly due: number;
  readonly index: number;
  readonly text: string;
}

function slice(lines: readonly Line[]): Slice {
  const gathered = new SliceLines();
  for (const { text, due, index } of lines) {
    gathered.append(text, due, index);
  }
  return gathered.take();
}

const inOrder = (a: Line, b: Line): number => a.due - b.due || a.index - b.index;

describe('mergeSlices', () => {
  it('gives the same bytes however lines are dealt to workers', () => {
    const line = fc.record({
      due: fc.integer({ min: 0, max: 20 }),
      text: fc.string({ unit: fc.constantFrom('a', '°', '"', '𝄞'), maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (some, workers) => {
        const lines = some.map(({ due, text }, index) => ({ due, text, index })).sort(inOrder);
        const parts = Array.from({ length: workers }, (_, worker) =>
          slice(lines.filter(({ index }) => index % workers === worker)),
        );
        expect(mergeSlices(parts).toString()).toBe(lines.map(({ text }) => `${text}\n`).join(''));
      }),
    );
  });
});

describe('slice merger', () => {
  const written: string[] = [];
  const credits: number[] = [];
  const merger = new SliceMerger({
    workers: 2,
    writeOut: (lines) => written.push(lines.toString()),
    writeTruth: () => {},
    credit: (worker) => credits.push(worker),
  });
  const one = (due: number, text: string): { out: Slice } => ({ out: slice([{ due, index: 0, text }]) });

  it('writes a slice when every worker that still runs has delivered it', () => {
    merger.add(0, one(2, 'b'));
    merger.add(0, one(12, 'd'));
    expect(written).toEqual([]);
    merger.add(1, one(1, 'a'));
    expect(written).toEqual(['a\nb\n']);
    expect(credits).toEqual([0, 1]);
    merger.finish(1);
    expect(written).toEqual(['a\nb\n', 'd\n']);
  });
});
