import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedTopicReader, EmbeddedTopicWriter } from 'sensorsim-gateway';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-topic-'));
const writerScript = fileURLToPath(new URL('embedded-topic.fixture.js', import.meta.url));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a writer until it has called so many records safe, kills it, and returns all that it did call safe. */
async function writeUntilKilled(directory: string, run: number, records: number): Promise<string[]> {
  const child = spawn(process.execPath, [writerScript, directory, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let isLockChecked = false;
  for await (const chunk of child.stdout) {
    output += chunk;
    if (!isLockChecked) {
      isLockChecked = true;
      await expect(new EmbeddedTopicWriter({ directory }).start()).rejects.toMatchObject({
        code: 'SINK_LOCKED',
        message: expect.stringContaining(`process ${child.pid}`),
      });
    }
    if (output.split('\n').length > records) {
      child.kill('SIGKILL');
    }
  }
  return output.split('\n').slice(0, -1);
}

interface Seen {
  readonly place: string;
  readonly offset: number;
}

async function readPartition(directory: string, partition: number): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const { key, value, offset } of new EmbeddedTopicReader(directory).read('t', partition)) {
    const [run, seq] = Buffer.from(value).toString().split(' ');
    seen.push({ place: `${key} ${run} ${seq}`, offset });
  }
  return seen;
}

describe('the embedded topic', () => {
  it('keeps every record it called safe, once and in order, over writers that are killed', async () => {
    const directory = join(folder, 'killed');
    const safe: string[] = [];
    for (let run = 0; run < 6; run++) {
      safe.push(...(await writeUntilKilled(directory, run, 200 + run * 700)));
    }
    expect(safe.filter((line) => line.startsWith('error'))).toEqual([]);
    const partitions = await Promise.all([0, 1, 2].map((partition) => readPartition(directory, partition)));
    for (const seen of partitions) {
      expect(seen.map(({ offset }) => offset)).toEqual(seen.map((_, index) => index));
    }
    const places = partitions.flat().map(({ place }) => place);
    const stored = new Set(places);
    expect(stored.size).toBe(places.length);
    expect(safe.filter((place) => !stored.has(place))).toEqual([]);
    // What a device wrote stands in the order of its runs and of its numbers within them.
    for (const seen of partitions) {
      const last = new Map<string, number>();
      for (const { place } of seen) {
        const [key, run, seq] = place.split(' ') as [string, string, string];
        const position = Number(run) * 1e9 + Number(seq);
        expect(position).toBeGreaterThan(last.get(key) ?? -1);
        last.set(key, position);
      }
    }
  });

  it('can be followed from another process, over a writer that is killed and the next one', async () => {
    const directory = join(folder, 'followed');
    const first = await writeUntilKilled(directory, 0, 500);
    const end = new AbortController();
    const followed = Promise.all(
      [0, 1, 2].map(async (partition) => {
        const offsets: number[] = [];
        const reader = new EmbeddedTopicReader(directory);
        for await (const { offset } of reader.read('t', partition, {
          follow: end.signal,
          pollIntervalMs: 1,
        })) {
          offsets.push(offset);
        }
        return offsets;
      }),
    );
    const second = await writeUntilKilled(directory, 1, 5_000);
    end.abort();
    const offsets = await followed;
    for (const one of offsets) {
      expect(one).toEqual(one.map((_, index) => index));
    }
    expect(offsets.flat().length).toBeGreaterThanOrEqual(first.length + second.length);
  });

  it('keeps a writer out while one of another container lives, and lets it in when that is killed', async (context) => {
    const directory = join(folder, 'contained');
    // As in a container: its process is number 1 there, and here another.
    const unshare = ['--pid', '--fork', '--mount-proc', '--kill-child'];
    const child = spawn('unshare', [...unshare, process.execPath, writerScript, directory, '0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = new Promise((resolve) => child.once('error', resolve).once('close', resolve));
    const [first] = await Promise.race([once(child.stdout, 'data'), closed.then(() => [])]);
    if (first === undefined) {
      context.skip('no permission to make a PID namespace');
    }
    child.stdout.resume();
    const writer = new EmbeddedTopicWriter({ directory });
    await expect(writer.start()).rejects.toMatchObject({
      code: 'SINK_LOCKED',
      message: expect.stringContaining('process 1 on'),
    });
    child.kill('SIGKILL');
    await closed;
    const next = new EmbeddedTopicWriter({ directory });
    await next.start();
    await next.stop(1_000);
    expect(readdirSync(directory)).toEqual(['t']);
  });

  it('waits until a full disk has room again, and has called nothing safe that is not there', async (context) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'none', disk], { stdio: 'ignore' });
    } catch {
      context.skip('no permission to mount a small disk');
    }
    try {
      const filler = join(disk, 'filler');
      writeFileSync(filler, Buffer.alloc(300_000));
      const directory = join(disk, 'topic');
      const writer = new EmbeddedTopicWriter({ directory, partitions: 1, segmentBytes: 50_000 });
      await writer.start();
      const safe: number[] = [];
      const errors: unknown[] = [];
      const count = 300;
      for (let seq = 0; seq < count; seq++) {
        const value = Buffer.alloc(1_000, seq % 256);
        writer.append('t', { key: 'a', value, headers: {}, timestamp: seq }, (error) =>
          error === undefined ? safe.push(seq) : errors.push(error),
        );
        await new Promise((resolve) => setImmediate(resolve));
      }
      while (writer.ready) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const timestamps = async () => {
        const all: number[] = [];
        for await (const { timestamp } of new EmbeddedTopicReader(directory).read('t', 0)) {
          all.push(timestamp);
        }
        return all;
      };
      expect(safe.length).toBeLessThan(count);
      expect((await timestamps()).slice(0, safe.length)).toEqual(safe);
      rmSync(filler);
      while (writer.pendingRecords > 0) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(writer.ready).toBe(true);
      expect(errors).toEqual([]);
      expect(await timestamps()).toEqual(Array.from({ length: count }, (_, seq) => seq));
      await writer.stop(1_000);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
