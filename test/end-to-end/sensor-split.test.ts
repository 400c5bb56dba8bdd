import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../../packages/sensor/bin/sensorsim.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sensorsim-split-'));
const run = promisify(execFile);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fleet = '--type temp --type light --type humidity -c 60 --delay 1s --jitter 400 --clock virtual'.split(
  ' ',
);

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** SHA-256 of the readings and of every file of the run folder. */
async function digests(name: string, ...args: string[]): Promise<Record<string, string>> {
  const out = join(folder, `${name}.ndjson`);
  const record = join(folder, name);
  await run(process.execPath, [bin, ...fleet, ...args, '--out', out, '--record', record, '--quiet']);
  const files = readdirSync(record).map((file) => [file, sha256(join(record, file))]);
  return { readings: sha256(out), ...Object.fromEntries(files) };
}

describe('a fleet under the virtual clock', () => {
  it('gives the same bytes, run after run and whatever --workers', async () => {
    const alone = await digests('alone', '--limit', '20011');
    expect(Object.keys(alone).length).toBe(6);
    expect(await digests('again', '--limit', '20011')).toEqual(alone);
    expect(await digests('two', '--limit', '20011', '--workers', '2')).toEqual(alone);
    expect(await digests('four', '--limit', '20011', '--workers', '4')).toEqual(alone);
    expect((await digests('other', '--limit', '20011', '--seed', '2')).readings).not.toBe(alone.readings);
  });

  it('gives the same lines in shards as in one', async () => {
    await digests('whole', '--duration', '5m');
    const shards = [1, 2, 3].map((part) => `shard-${part}`);
    for (const [i, name] of shards.entries()) {
      await digests(name, '--duration', '5m', '--shard', `${i + 1}/3`, '--workers', String(i + 1));
    }
    const lines = (name: string): string[] =>
      readFileSync(join(folder, `${name}.ndjson`), 'utf8')
        .trimEnd()
        .split('\n');
    expect(shards.flatMap(lines).sort()).toEqual(lines('whole').sort());
    expect(lines('whole').length).toBeGreaterThan(17_900);
  });
});
