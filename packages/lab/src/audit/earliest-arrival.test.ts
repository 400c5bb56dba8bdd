import type { RunManifest } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { earliestArrival } from './earliest-arrival.js';
import type { OpenRun } from './open-run.js';

const startAt = 1_700_000_000_000;
const hour = 3_600_000;

function run(over: Partial<RunManifest> | undefined): OpenRun {
  const manifest = { startAt, clock: 'wall', settings: {}, ...over } as RunManifest;
  return {
    directory: 'r',
    truthPath: 'r/truth.ndjson',
    warnings: [],
    manifest: over === undefined ? undefined : manifest,
  };
}

describe('earliestArrival', () => {
  it('is an hour before the first of the runs began', () => {
    expect(earliestArrival([run({ startAt: startAt + 5 }), run({})])).toBe(startAt - hour);
  });

  it.each([
    ['has another clock', { clock: '60x' }],
    ['has a virtual clock', { clock: 'virtual' }],
    ['begins at a time of its own', { settings: { start: '2030-01-01' } }],
    ['never ended', undefined],
  ])('is unknown where a run %s', (_, over) => {
    expect(earliestArrival([run({}), run(over)])).toBeUndefined();
  });
});
