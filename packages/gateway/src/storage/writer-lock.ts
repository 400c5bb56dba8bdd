import { createHash } from 'node:crypto';
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { machineNow, messageOf, processLives, SuiteError } from 'sensorsim-shared';
import { z } from 'zod';
import { LifeSign, lifeAt } from './life-sign.js';
import { outermostNamespace, ownProcessSpace } from './process-space.js';

const holderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** When the process started, in the kernel's count; null where the system does not tell. */
  startedAt: z.string().nullable(),
  /** Tells this lock from every other that the process ever wrote; locks of older versions have none. It is part of a file's name. */
  lock: z
    .string()
    .regex(/^[\w.-]+$/)
    .optional(),
  /** Where `pid` is that process; locks of older versions and of systems other than Linux have none. */
  space: z.object({ kernel: z.string(), namespace: z.string() }).optional(),
});

type Holder = z.infer<typeof holderSchema>;

const heartbeatMs = 5_000;

/** A lock of which nothing but its heartbeat can be seen is dead after this long without one. */
const deadAfterMs = 4 * heartbeatMs;

let locksOfThisProcess = 0;

/**
 * A file that one process holds at a time. It outlives a killed process; the next one takes it over, because the process
 * that it names is gone (its number alone would not do: numbers are used again). Of a process in another container nothing
 * can be seen: there it is the sign of life that is gone, `PATH.LOCK.sock`, and on another host the heartbeat.
 *
 * No two locks have the same content, and only who holds the claim on a content, a file named after its hash, may remove
 * it. So one who was slow to see a dead lock cannot remove the living one in its place. The claim of a process that died
 * with it is itself claimed in the same way.
 */
export class WriterLock {
  readonly #path: string;
  #heartbeat: NodeJS.Timeout | undefined;
  #lifeSign: LifeSign | undefined;
  #content = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {SuiteError} SINK_LOCKED: a living process holds it; FILE_UNWRITABLE */
  async acquire(): Promise<void> {
    const lock = `${process.pid}-${machineNow()}-${locksOfThisProcess++}`;
    const space = await ownProcessSpace();
    const startedAt = await startOf(process.pid);
    const me: Holder = { pid: process.pid, host: hostname(), startedAt, lock, space };
    if (space !== undefined && space.namespace !== outermostNamespace) {
      // Before the lock is there to be seen, so that it is never seen dead.
      this.#lifeSign = await LifeSign.give(this.#lifeSignOf(lock));
    }
    const draft = `${this.#path}.${lock}`;
    this.#content = `${JSON.stringify(me)}\n`;
    try {
      await writeFile(draft, this.#content);
      while (!(await linked(draft, this.#path))) {
        await this.#removeIfDead(draft);
      }
    } catch (cause) {
      await this.#lifeSign?.stop();
      throw cause instanceof SuiteError
        ? cause
        : new SuiteError('FILE_UNWRITABLE', `cannot write ${this.#path}: ${messageOf(cause)}`, { cause });
    } finally {
      await rm(draft, { force: true });
    }
    this.#heartbeat = setInterval(() => {
      const now = new Date();
      // A heartbeat that fails harms nobody on this host, and the next may succeed.
      utimes(this.#path, now, now).catch(() => {});
    }, heartbeatMs).unref();
  }

  /** Idempotent. */
  async release(): Promise<void> {
    if (this.#heartbeat !== undefined) {
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
      // One whose heart stood still for long may have been taken for dead.
      if ((await readIfThere(this.#path)) === this.#content) {
        await rm(this.#path, { force: true });
      }
      await this.#lifeSign?.stop();
    }
  }

  /** Who holds it, in words, to be asked by those who only look; undefined: nobody who lives. */
  async holder(): Promise<string | undefined> {
    const content = await readIfThere(this.#path);
    const holder = content === undefined ? undefined : holderOf(content);
    return holder !== undefined && (await this.#isAlive(holder, this.#path)) ? nameOf(holder) : undefined;
  }

  async #removeIfDead(draft: string): Promise<void> {
    const content = await readIfThere(this.#path);
    if (content === undefined) {
      return;
    }
    await this.#refuseIfAlive(content, this.#path);
    const ofTheDead = [this.#path, ...this.#lifeSignIn(content)];
    let claim = this.#claimOn(content);
    while (!(await linked(draft, claim))) {
      const claimed = await readIfThere(claim);
      if (claimed === undefined) {
        return;
      }
      await this.#refuseIfAlive(claimed, claim);
      ofTheDead.push(claim, ...this.#lifeSignIn(claimed));
      claim = this.#claimOn(claimed);
    }
    try {
      // Else another was done before this claim was made.
      if ((await readIfThere(this.#path)) === content) {
        for (const path of ofTheDead) {
          await rm(path, { force: true });
        }
      }
    } finally {
      await rm(claim, { force: true });
    }
  }

  #claimOn(content: string): string {
    return `${this.#path}.${createHash('sha256').update(content).digest('hex').slice(0, 16)}.claim`;
  }

  async #refuseIfAlive(content: string, path: string): Promise<void> {
    const holder = holderOf(content);
    if (holder !== undefined && (await this.#isAlive(holder, path))) {
      throw new SuiteError('SINK_LOCKED', `${this.#path} is held by ${nameOf(holder)}, which is running`);
    }
  }

  #lifeSignOf(lock: string): string {
    return `${this.#path}.${lock}.sock`;
  }

  #lifeSignIn(content: string): string[] {
    const lock = holderOf(content)?.lock;
    return lock === undefined ? [] : [this.#lifeSignOf(lock)];
  }

  /** @param path the file it is named in, whose time tells of another host's process */
  async #isAlive({ pid, host, startedAt, lock, space }: Holder, path: string): Promise<boolean> {
    const here = await ownProcessSpace();
    const onThisKernel = space !== undefined && space.kernel === here?.kernel;
    if (onThisKernel ? space.namespace === here?.namespace : host === hostname()) {
      return processLives(pid) && (startedAt === null || startedAt === (await startOf(pid)));
    }
    const life = onThisKernel && lock !== undefined ? await lifeAt(this.#lifeSignOf(lock)) : 'unknown';
    if (life !== 'unknown') {
      return life === 'alive';
    }
    const seenAt = (await stat(path).catch(ignoreMissing))?.mtimeMs ?? Number.NEGATIVE_INFINITY;
    return machineNow() - seenAt < deadAfterMs;
  }
}

function nameOf({ pid, host }: Holder): string {
  return `process ${pid} on ${host}`;
}

function holderOf(content: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(content));
  } catch {
    // The file appears whole, so anything else is not the lock of a process.
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat, ticks since boot; null where there is no /proc. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  // The second field is the name in brackets, which may hold anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return ignoreMissing(error);
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
    throw error;
  }
}
