import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../observe/log.js';
import { firstLoginProblem, makeFirstLogin } from './first-login.js';
import { PasswordFile } from './password-file.js';

let folder = '';
let lines: Record<string, unknown>[] = [];
const log = createLog({
  stream: { write: (text) => lines.push(JSON.parse(text)) },
  level: 'info',
  format: 'json',
});
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorsim-first-login-'));
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

async function opens(passwords: string, password: unknown): Promise<boolean> {
  const file = PasswordFile.parse(readFileSync(passwords, 'utf8'));
  return 'problems' in file
    ? false
    : (await file.hashOf('sensor')?.verify(Buffer.from(String(password)))) === true;
}

describe('a first login', () => {
  it('is said once in the log, and opens what it made', async () => {
    const login = { passwords: at('passwords'), told: 'log' };
    await makeFirstLogin(login, log);
    expect(lines).toHaveLength(1);
    const [{ password, user, msg }] = lines as [{ password: string; user: string; msg: string }];
    expect(user).toBe('sensor');
    expect(msg).toContain(password);
    expect(await opens(login.passwords, password)).toBe(true);
    await makeFirstLogin(login, log);
    expect(lines).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['passwords']);
  });

  it('is told in a file instead, readable by owner and group, and the log is silent of it', async () => {
    const login = { passwords: at('passwords'), told: at('told') };
    await makeFirstLogin(login, log);
    const password = readFileSync(login.told, 'utf8').trim();
    expect(password).toMatch(/^[0-9a-f]{32}$/);
    expect(await opens(login.passwords, password)).toBe(true);
    expect(JSON.stringify(lines)).not.toContain(password);
    for (const path of [login.told, login.passwords]) {
      expect(statSync(path).mode & 0o777).toBe(0o640 & ~process.umask());
    }
    await makeFirstLogin(login, log);
    expect(readFileSync(login.told, 'utf8').trim()).toBe(password);
    expect(lines).toHaveLength(1);
  });

  it('goes on with the password of a start that was cut short before the password file was there', async () => {
    writeFileSync(at('told'), 'chosen\n');
    await makeFirstLogin({ passwords: at('passwords'), told: at('told') }, log);
    expect(await opens(at('passwords'), 'chosen')).toBe(true);
  });

  it('never writes a password file that is there, good or bad', async () => {
    for (const text of [
      '',
      'no password file\n',
      `sensor:$scrypt$ln=10,r=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}\n`,
    ]) {
      writeFileSync(at('passwords'), text);
      await makeFirstLogin({ passwords: at('passwords'), told: 'log' }, log);
      await makeFirstLogin({ passwords: at('passwords'), told: at('told') }, log);
      expect(readFileSync(at('passwords'), 'utf8')).toBe(text);
    }
    expect(readdirSync(folder)).toEqual(['passwords']);
  });

  it('is one login for all who start at the same time', async () => {
    const shared = { passwords: at('passwords'), told: at('told') };
    await Promise.all(Array.from({ length: 5 }, () => makeFirstLogin(shared, log)));
    expect(await opens(shared.passwords, readFileSync(shared.told, 'utf8').trim())).toBe(true);
    expect(lines).toHaveLength(1);

    lines = [];
    const said = { passwords: at('others'), told: 'log' };
    await Promise.all(Array.from({ length: 3 }, () => makeFirstLogin(said, log)));
    const passwords = lines.flatMap(({ password }) => password ?? []);
    const right = await Promise.all(passwords.map((password) => opens(said.passwords, password)));
    expect(right.filter(Boolean)).toHaveLength(1);
    // Every password that does not count is taken back.
    expect(lines.filter(({ msg }) => String(msg).includes('does not count'))).toHaveLength(
      passwords.length - 1,
    );
    expect(readdirSync(folder).sort()).toEqual(['others', 'passwords', 'told']);
  });

  it('says when its file is gone, or holds another password, and makes neither anew', async () => {
    const login = { passwords: at('passwords'), told: at('told') };
    await makeFirstLogin(login, log);
    const before = readFileSync(login.passwords, 'utf8');
    rmSync(login.told);
    await makeFirstLogin(login, log);
    expect(lines.at(-1)?.msg).toContain(`${login.told} is not there and is not made again`);
    expect(lines.at(-1)?.msg).toContain('passwd');
    writeFileSync(login.told, 'another\n');
    await makeFirstLogin(login, log);
    expect(lines.at(-1)?.msg).toContain(`${login.told} does not hold the password of sensor`);
    writeFileSync(login.passwords, '# nobody\n');
    await makeFirstLogin(login, log);
    expect(lines.at(-1)?.msg).toContain('has no user sensor');
    writeFileSync(login.passwords, before);
    expect(lines).toHaveLength(4);
  });

  it('refuses what would leave a login that nobody knows', async () => {
    const quiet = createLog({ stream: { write: () => {} }, level: 'error', format: 'json' });
    const passwords = at('passwords');
    await expect(makeFirstLogin({ passwords, told: 'log' }, quiet)).rejects.toThrow(
      'would not say the password',
    );
    await expect(makeFirstLogin({ passwords, told: passwords }, log)).rejects.toThrow('name the same file');
    await expect(makeFirstLogin({ passwords, told: at('missing/told') }, log)).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    });
    await expect(makeFirstLogin({ passwords: at('missing/file'), told: 'log' }, log)).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    });
    expect(lines).toEqual([]);
    writeFileSync(at('empty'), '\n');
    await expect(makeFirstLogin({ passwords, told: at('empty') }, log)).rejects.toThrow(
      'the password is empty',
    );
    mkdirSync(at('folder'));
    await expect(makeFirstLogin({ passwords, told: at('folder') }, log)).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
    });
    expect(readdirSync(folder).sort()).toEqual(['empty', 'folder']);
  });

  it('takes off, log, or a path that cannot be mistaken for a word', () => {
    for (const text of ['off', 'log', './first', '/run/sensorsim/first', 'C:\\first']) {
      expect(firstLoginProblem(text)).toBeUndefined();
    }
    for (const text of ['true', 'lgo', '']) {
      expect(firstLoginProblem(text)).toContain('off, log, or a path');
    }
  });
});
