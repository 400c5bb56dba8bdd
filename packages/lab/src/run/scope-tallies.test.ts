import type { ReadingOutcome, TruthRow } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import type { Scope } from '../judge/scope.js';
import { TruthEntry } from '../trace/truth-entry.js';
import { ScopeTallies } from './scope-tallies.js';

const startAt = 1_700_000_000_000;
const bias: Scope = { phase: { when: 'during', of: 'bias' } };
const afterAll: Scope = { phase: { when: 'after' } };
const scopes: Scope[] = [
  {},
  { group: 'small' },
  { devices: ['targets'] },
  { devices: ['others'] },
  { devices: ['a'] },
  bias,
  { ...bias, devices: ['others'] },
  afterAll,
];

function tallies(): ScopeTallies {
  return new ScopeTallies({
    scopes,
    groupOf: new Map([
      ['a', 'small'],
      ['b', 'large'],
      ['c', 'large'],
    ]),
    targets: new Set(['b']),
    windows: [
      { id: 'bias', of: 'bias', onset: 1_000, end: 2_000 },
      { id: 'crash', of: 'crash', onset: 3_000, end: 3_500 },
    ],
  });
}

function entry(
  id: string,
  atMs: number,
  change: Partial<TruthEntry> = {},
  over: Partial<TruthRow> = {},
): TruthEntry {
  const row: TruthRow = {
    id,
    seq: 0,
    connection: id,
    ts: startAt + atMs,
    valueTrue: 1,
    outcome: 'acknowledged' as ReadingOutcome,
    ...over,
  };
  return Object.assign(new TruthEntry(1, row), { found: 1, ...change });
}

describe('ScopeTallies', () => {
  it('counts each reading in every scope that it belongs to', () => {
    const all = tallies();
    for (const [id, atMs] of [
      ['a', 500],
      ['b', 1_000],
      ['c', 1_999],
      ['c', 2_000],
      ['a', 3_500],
    ] as const) {
      all.joined(entry(id, atMs), startAt);
    }
    expect(scopes.map((scope) => all.evidence(scope).offered)).toEqual([5, 2, 1, 4, 2, 2, 1, 1]);
  });

  it('tells what became of them', () => {
    const all = tallies();
    all.joined(entry('a', 0), startAt);
    all.joined(entry('a', 1, { found: 3, marked: 1, behind: true }), startAt);
    all.joined(entry('a', 2, { found: 0 }), startAt);
    all.joined(entry('a', 3, { found: 0, deadLettered: 1 }), startAt);
    all.joined(entry('a', 4, { found: 0 }, { outcome: 'suppressed' }), startAt);
    all.joined(entry('a', 5, {}, { outcome: 'failed' }), startAt);
    expect(all.evidence({})).toEqual({
      offered: 6,
      acknowledged: 4,
      published: 0,
      skipped: 0,
      failed: 1,
      suppressed: 1,
      found: 3,
      lost: 1,
      duplicated: 2,
      duplicatedUnmarked: 1,
      reordered: 1,
      deadLettered: 1,
      latencyMs: null,
    });
  });

  it('places a reading whose time was altered in the window that altered it', () => {
    const all = tallies();
    const label = { cause: 'attack', type: 'timing.skew', intervals: ['bias'] } as const;
    all.joined(entry('a', 300_000, {}, { label }), startAt);
    expect(all.evidence(bias).offered).toBe(1);
    expect(all.evidence(afterAll).offered).toBe(0);
  });

  it('measures latency per scope', () => {
    const all = tallies();
    all.acknowledged('a', 500, 4);
    all.acknowledged('b', 1_500, 40);
    expect(all.evidence(bias).latencyMs?.max).toBeCloseTo(40, 1);
    expect(all.evidence({ group: 'small' }).latencyMs?.max).toBeCloseTo(4, 1);
    expect(all.evidence(afterAll).latencyMs).toBeNull();
    expect(all.latencyMs?.max).toBeCloseTo(40, 1);
  });

  it('knows no scope that nobody announced', () => {
    expect(() => tallies().evidence({ group: 'none' })).toThrow(TypeError);
  });
});
