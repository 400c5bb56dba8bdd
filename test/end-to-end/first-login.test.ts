import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { listening, type Running, run, start } from '../support/programs.js';

let folder = '';
const running: Running[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorsim-first-login-'));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(end));
  rmSync(folder, { recursive: true });
});

async function end({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}

function gateway(port: number, told: string): Running {
  const started = start('sensorsim-gateway', [
    ...['--to', `file:${join(folder, `${port}.ndjson`)}`, '--http', 'off', '--log-format', 'json'],
    ...['--listen', `mqtt://127.0.0.1:${port}`, '--allow-anonymous', 'never'],
    ...['--passwords', join(folder, 'passwords'), '--first-login', told],
  ]);
  running.push(started);
  return started;
}

/** A sensor that sends two confirmed readings with a password, and its exit code. */
async function send(port: number, passwordFile: string): Promise<number | null> {
  const login = ['-u', 'sensor', '--password-file', passwordFile];
  const { code } = await run('sensorsim', [
    ...['-p', `${port}`, '--delay', '10ms', '-q', '1', '--limit', '2', '--quiet', ...login],
  ]);
  return code;
}

it('lets sensors in by the file that they share, after a start killed in its middle, two at once, and a restart', async () => {
  const told = join(folder, 'told');
  const killed = gateway(await freePort(), told);
  while (!existsSync(told)) {
    await wait(1);
  }
  killed.child.kill('SIGKILL');
  await killed.ended;

  const ports = [await freePort(), await freePort()];
  const gateways = ports.map((port) => gateway(port, told));
  await Promise.all(ports.map((port, i) => listening(port, gateways[i] as Running)));
  const password = readFileSync(told, 'utf8');
  expect(await Promise.all(ports.map((port) => send(port, told)))).toEqual([0, 0]);
  // The hash is no password, and neither is anything else.
  expect(await send(ports[0] as number, join(folder, 'passwords'))).toBe(3);
  await Promise.all(gateways.map(end));

  const again = gateway(ports[0] as number, told);
  await listening(ports[0] as number, again);
  expect(await send(ports[0] as number, told)).toBe(0);
  expect(readFileSync(told, 'utf8')).toBe(password);
  expect(readdirSync(folder).filter((name) => name.startsWith('passwords'))).toEqual(['passwords']);
});

it('says the password in the log, once', async () => {
  const port = await freePort();
  const first = gateway(port, 'log');
  await listening(port, first);
  const said = (log: string): string[] =>
    log.split('\n').flatMap((line) => (line.includes('"password"') ? JSON.parse(line).password : []));
  const [password] = said(first.stderr());
  expect(readFileSync(join(folder, 'passwords'), 'utf8')).not.toContain(password);
  const { code } = await run(
    'sensorsim-gateway',
    ['passwd', join(folder, 'passwords'), 'sensor', '--check'],
    `${password}\n`,
  );
  expect(code).toBe(0);
  await end(first);
  const second = gateway(port, 'log');
  await listening(port, second);
  expect(said(second.stderr())).toEqual([]);
});
