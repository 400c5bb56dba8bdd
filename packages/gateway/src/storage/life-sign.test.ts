import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LifeSign, lifeAt } from './life-sign.js';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'life-sign-'));
  path = join(directory, 'sign.sock');
});

afterEach(() => rmSync(directory, { recursive: true }));

describe.skipIf(process.platform === 'win32')('a sign of life', () => {
  it('is seen while it is given, and not after', async () => {
    const sign = await LifeSign.give(path);
    expect(await lifeAt(path)).toBe('alive');
    await sign?.stop();
    expect(readdirSync(directory)).toEqual([]);
    expect(await lifeAt(path)).toBe('unknown');
  });

  it('of a process that is paused is seen, and of one that was killed is not', async () => {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('it listens'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGSTOP');
    expect(await lifeAt(path)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await lifeAt(path)).toBe('dead');
  });

  it('is not given where its path would be cut, or where there can be no file', async () => {
    expect(await LifeSign.give(join(directory, 'x'.repeat(100)))).toBeUndefined();
    expect(await LifeSign.give(join(directory, 'missing', 'sign.sock'))).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
  });
});
