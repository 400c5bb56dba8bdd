import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RunFolderWriter, readRunManifest } from './run-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = {
  runId: 'r1',
  tool: { name: 'sensorsim', version: '0.0.0' },
  seed: '1',
  clock: 'virtual',
  startAt: 0,
  endAt: 1_000,
  settings: { count: 1 },
  counts: { offered: 3 },
};

describe('RunFolderWriter', () => {
  it('writes rows in order and hashes what is really on disk', () => {
    const directory = join(folder, 'a');
    const writer = new RunFolderWriter(directory);
    writer.truth({
      id: 'temp-0001',
      seq: 0,
      connection: 'a"b',
      ts: 5,
      valueTrue: 21.5,
      outcome: 'acknowledged',
    });
    writer.truth({
      id: 'temp-0001',
      seq: 1,
      connection: 'c',
      ts: 6,
      valueTrue: 21,
      outcome: 'skipped',
      reason: 'offline',
    });
    writer.truthBytes(Buffer.from('{"whole":"row"}\n'), 1);
    writer.connection({ at: 1, connection: 'c', event: 'connected', code: 0 });
    const written = writer.finish(manifest, { ok: true });

    const rows = readFileSync(join(directory, 'truth.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toEqual([
      { id: 'temp-0001', seq: 0, connection: 'a"b', ts: 5, valueTrue: 21.5, outcome: 'acknowledged' },
      {
        id: 'temp-0001',
        seq: 1,
        connection: 'c',
        ts: 6,
        valueTrue: 21,
        outcome: 'skipped',
        reason: 'offline',
      },
      { whole: 'row' },
    ]);
    expect(written.files['truth.ndjson']?.rows).toBe(3);
    for (const [name, { sha256, bytes }] of Object.entries(written.files)) {
      const content = readFileSync(join(directory, name));
      expect(createHash('sha256').update(content).digest('hex'), name).toBe(sha256);
      expect(content.length, name).toBe(bytes);
    }
    expect(readRunManifest(directory)).toEqual(written);
  });

  it('keeps memory flat: rows reach the disk before the end', () => {
    const directory = join(folder, 'b');
    const writer = new RunFolderWriter(directory);
    for (let seq = 0; seq < 2_000; seq++) {
      writer.truth({ id: 'temp-0001', seq, connection: 'c', ts: seq, valueTrue: 21, outcome: 'published' });
    }
    expect(readFileSync(join(directory, 'truth.ndjson')).length).toBeGreaterThan(100_000);
    writer.finish(manifest, {});
  });

  it('says which folder cannot be written', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => new RunFolderWriter(join(file, 'run'))).toThrow(
      expect.objectContaining({ code: 'FILE_UNWRITABLE', message: expect.stringContaining(file) }),
    );
  });

  it('refuses a manifest that is none', () => {
    writeFileSync(join(folder, 'manifest.json'), '{"version":2}');
    expect(() => readRunManifest(folder)).toThrow(expect.objectContaining({ code: 'RUN_INVALID' }));
    expect(() => readRunManifest(join(folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'RUN_INVALID' }),
    );
  });
});
