import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineNow, randomStream } from 'sensorsim-shared';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LifeSign } from './life-sign.js';
import { ownProcessSpace } from './process-space.js';
import { WriterLock } from './writer-lock.js';

/** Set, each operation on the file system waits for so many turns of the event loop as it says, before and after. */
let pause: (() => number) | undefined;

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  const turns = async () => {
    for (let left = pause?.() ?? 0; left > 0; left--) {
      await new Promise(setImmediate);
    }
  };
  const slow =
    (operation: (...parameters: never[]) => Promise<unknown>) =>
    async (...parameters: never[]) => {
      await turns();
      const result = await operation(...parameters);
      await turns();
      return result;
    };
  return {
    ...real,
    link: slow(real.link),
    readFile: slow(real.readFile),
    rm: slow(real.rm),
    rename: slow(real.rename),
  };
});

const dead = { pid: 4_194_000, host: hostname(), startedAt: '1' };

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'writer-lock-'));
  path = join(directory, 'writer.lock');
});

afterEach(() => {
  pause = undefined;
  rmSync(directory, { recursive: true });
});

describe('a lock of a dead process', () => {
  it.each([1, 2, 3, 4])(
    'is taken over by one of many, whatever their operations wait for (seed %i)',
    async (seed) => {
      const random = randomStream(String(seed), 'writer-lock', 'pause');
      pause = () => Math.floor(random.uniform() ** 4 * 30);
      for (let round = 0; round < 25; round++) {
        writeFileSync(path, JSON.stringify(dead));
        const locks = Array.from({ length: 5 }, () => new WriterLock(path));
        const results = await Promise.allSettled(locks.map((lock) => lock.acquire()));
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        expect(existsSync(path)).toBe(true);
        await Promise.all(locks.map((lock) => lock.release()));
        expect(readdirSync(directory)).toEqual([]);
      }
    },
  );

  it('is taken over although another died while taking it over', async () => {
    const content = JSON.stringify(dead);
    const claimOn = (claimed: string) =>
      `${path}.${createHash('sha256').update(claimed).digest('hex').slice(0, 16)}.claim`;
    writeFileSync(path, content);
    const second = JSON.stringify({ ...dead, lock: 'second' });
    writeFileSync(claimOn(content), second);
    writeFileSync(claimOn(second), JSON.stringify({ ...dead, lock: 'third' }));
    const lock = new WriterLock(path);
    await lock.acquire();
    expect(readdirSync(directory)).toEqual(['writer.lock']);
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is not taken over while another that lives is at it, and says who', async () => {
    const content = JSON.stringify(dead);
    writeFileSync(path, content);
    const claim = `${path}.${createHash('sha256').update(content).digest('hex').slice(0, 16)}.claim`;
    writeFileSync(claim, JSON.stringify({ pid: process.ppid, host: hostname(), startedAt: null }));
    await expect(new WriterLock(path).acquire()).rejects.toMatchObject({
      code: 'SINK_LOCKED',
      message: expect.stringContaining(`process ${process.ppid}`),
    });
  });

  it('that was taken over from a holder whose heart stood still is not removed by that holder', async () => {
    const lock = new WriterLock(path);
    await lock.acquire();
    writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', startedAt: null }));
    await lock.release();
    expect(existsSync(path)).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')(
  'a lock of a process that cannot be seen, in another container',
  () => {
    /** Writes such a lock, without a sign of life; returns the path that its sign would have. */
    async function elsewhere(name: string): Promise<string> {
      const space = { ...(await ownProcessSpace()), namespace: 'pid:[1]' };
      // A number that lives here, and is somebody else there.
      const holder = { pid: process.pid, host: name, startedAt: null, lock: 'elsewhere', space };
      writeFileSync(path, JSON.stringify(holder));
      return `${path}.elsewhere.sock`;
    }

    it.each([
      ['of the same host name', hostname()],
      ['of another host name', 'elsewhere'],
    ])('%s is refused while its sign of life is there, and holds for who looks only', async (_what, name) => {
      const sign = await LifeSign.give(await elsewhere(name));
      await expect(new WriterLock(path).acquire()).rejects.toMatchObject({ code: 'SINK_LOCKED' });
      expect(await new WriterLock(path).holder()).toBe(`process ${process.pid} on ${name}`);
      await sign?.stop();
    });

    it('is taken over at once when that is dead, without a wait for its heartbeat, and nothing of it stays', async () => {
      const sign = await elsewhere('elsewhere');
      const script = `require('net').createServer().listen(${JSON.stringify(sign)}, () => process.kill(process.pid, 'SIGKILL'))`;
      spawnSync(process.execPath, ['-e', script]);
      expect(existsSync(sign)).toBe(true);
      const lock = new WriterLock(path);
      await lock.acquire();
      expect(existsSync(sign)).toBe(false);
      await lock.release();
      expect(readdirSync(directory)).toEqual([]);
    });

    it('goes by its heartbeat where it has no such sign, whatever its host is called', async () => {
      await elsewhere(hostname());
      await expect(new WriterLock(path).acquire()).rejects.toMatchObject({ code: 'SINK_LOCKED' });
      const minuteAgo = new Date(machineNow() - 60_000);
      utimesSync(path, minuteAgo, minuteAgo);
      const lock = new WriterLock(path);
      await lock.acquire();
      await lock.release();
    });
  },
);
