import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeRunDirectory } from './run-directory.js';

const startAt = Date.UTC(2026, 10, 24, 6, 43, 0);
let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'lab-run-'));
});

afterEach(() => {
  rmSync(cwd, { recursive: true });
});

describe('makeRunDirectory', () => {
  it('names the folder after the moment, and keeps two labs of one second apart', () => {
    const made = [1, 2, 3].map(() => makeRunDirectory({ wanted: undefined, cwd, startAt }));
    expect(made.map(({ runId }) => runId)).toEqual([
      '20261124-064300',
      '20261124-064300-2',
      '20261124-064300-3',
    ]);
    expect(made[1]?.path).toBe(join('runs', '20261124-064300-2'));
    expect(statSync(join(cwd, made[2]?.path ?? '')).isDirectory()).toBe(true);
  });

  it('takes the wanted folder, parents and all', () => {
    expect(makeRunDirectory({ wanted: 'a/b', cwd, startAt })).toEqual({ runId: 'b', path: 'a/b' });
    expect(makeRunDirectory({ wanted: 'a/b', cwd, startAt })).toEqual({ runId: 'b', path: 'a/b' });
  });

  it('does not write over a run', () => {
    makeRunDirectory({ wanted: 'a', cwd, startAt });
    writeFileSync(join(cwd, 'a', 'truth.ndjson'), '');
    expect(() => makeRunDirectory({ wanted: 'a', cwd, startAt })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: '--dir: a holds a run already' }),
    );
  });

  it('says what is in the way', () => {
    writeFileSync(join(cwd, 'file'), '');
    expect(() => makeRunDirectory({ wanted: 'file/x', cwd, startAt })).toThrow(
      expect.objectContaining({ code: 'FILE_UNWRITABLE' }),
    );
  });
});
