import { spawnSync } from 'node:child_process';
import { expect, it, vi } from 'vitest';
import { processLives } from './process-lives.js';

it('tells processes that run from those that have ended', () => {
  expect(processLives(process.pid)).toBe(true);
  expect(processLives(spawnSync(process.execPath, ['--version']).pid)).toBe(false);
});

it('takes a process of another user, which may not be asked, for one that runs', () => {
  vi.spyOn(process, 'kill').mockImplementationOnce(() => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  });
  expect(processLives(1)).toBe(true);
});
