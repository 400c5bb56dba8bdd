import { randomBytes } from 'node:crypto';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, SuiteError } from 'sensorsim-shared';
import type { Logger } from '../../observe/log.js';
import { createFile } from '../../storage/create-file.js';
import { PasswordFile } from './password-file.js';
import { PasswordHash } from './password-hash.js';
import { passwordProblem } from './read-password.js';

/** Who logs in with what a first start made. */
export const firstUser = 'sensor';

export interface FirstLogin {
  /** The file of `--passwords`. */
  readonly passwords: string;
  /** Where the password is told: `log`, or the path of a file. */
  readonly told: string;
}

/** Why a text is no value of `--first-login`, or undefined. A word without a slash would be a slip far more often than a file. */
export function firstLoginProblem(text: string): string | undefined {
  return text === 'off' || text === 'log' || /[\\/]/.test(text)
    ? undefined
    : 'must be off, log, or a path with a slash, as ./first-login';
}

/**
 * Makes the password file where there is none, with one user and a password of 128 random bits, which is told first: whatever
 * ends this, and however many do it at once, there is no file without a login that somebody was told, and none in part.
 * A file that is there is never written. A told file without a password file (the start was cut short, or the password file was
 * removed) keeps its password.
 * @throws {SuiteError} FILE_UNWRITABLE; CONFIG_UNREADABLE, CONFIG_INVALID: the told file is no password, or the log says no such thing
 */
export async function makeFirstLogin({ passwords, told }: FirstLogin, log: Logger): Promise<void> {
  if (await isThere(passwords)) {
    if (told !== 'log') {
      await compare({ passwords, told }, log);
    }
    return;
  }
  if (told === 'log') {
    await makeAndLog(passwords, log);
    return;
  }
  if (resolve(told) === resolve(passwords)) {
    throw new SuiteError('CONFIG_INVALID', '--first-login and --passwords name the same file', {
      hint: 'One holds a password, the other its hash.',
    });
  }
  await createFile(told, `${newPassword()}\n`);
  // Perhaps another's, or that of a start that was cut short.
  const password = await readTold(told);
  if (await createFile(passwords, await textOf(password))) {
    log.info(
      { passwords, user: firstUser },
      `first login: ${passwords} was not there and has been made; the password of ${firstUser} is in ${told}`,
    );
  }
}

async function makeAndLog(passwords: string, log: Logger): Promise<void> {
  if (!log.isLevelEnabled('warn')) {
    throw new SuiteError(
      'CONFIG_INVALID',
      `--first-login log: ${passwords} is not there, and --log-level ${log.level} would not say the password`,
      { hint: 'Use --log-level warn, name a file with --first-login PATH, or make the password file.' },
    );
  }
  // No password is said that could not be kept.
  await requireWritable(dirname(passwords));
  const password = newPassword();
  log.warn(
    { passwords, user: firstUser, password },
    `first login: ${passwords} is not there and is made now; user ${firstUser}, password ${password}; it is not said again`,
  );
  if (!(await createFile(passwords, await textOf(password)))) {
    log.warn(
      { passwords },
      `first login: the password just said does not count, because another process made ${passwords} at the same time; its log has the one that does`,
    );
  }
}

/** Says where the told file does not, or no longer, hold the password. Problems of the password file are said when it is loaded. */
async function compare({ passwords, told }: FirstLogin, log: Logger): Promise<void> {
  const file = await readFile(passwords, 'utf8').then(PasswordFile.parse, () => undefined);
  if (file === undefined || 'problems' in file) {
    return;
  }
  const hash = file.hashOf(firstUser);
  const isGone = !(await isThere(told));
  const isRight = !isGone && (await hash?.verify(Buffer.from(await readTold(told))));
  if (isRight === true) {
    return;
  }
  const found = isGone
    ? `${told} is not there and is not made again, because ${passwords} is there`
    : `${told} does not hold the password of ${firstUser}`;
  const cause =
    hash === undefined
      ? `, which has no user ${firstUser}`
      : isGone
        ? ', which has the hash of the password and not the password'
        : '';
  log.warn(
    { passwords, told },
    `first login: ${found}${cause}; write a password of your choice to ${told} and run \`sensorsim-gateway passwd ${passwords} ${firstUser} --password-file ${told}\`, or remove ${passwords} with all its users and start again`,
  );
}

async function readTold(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new SuiteError('CONFIG_UNREADABLE', `--first-login: cannot read ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
  const [password = ''] = text.split(/\r?\n/, 1);
  const problem = passwordProblem(password);
  if (problem !== undefined) {
    throw new SuiteError('CONFIG_INVALID', `--first-login: ${path} is there, but ${problem}`, {
      hint: 'Its first line is the password. Remove it to have one made.',
    });
  }
  return password;
}

/** Hexadecimal, so that no shell, URL or eye takes it for anything else. */
function newPassword(): string {
  return randomBytes(16).toString('hex');
}

async function textOf(password: string): Promise<string> {
  const file = PasswordFile.empty();
  file.set(firstUser, await PasswordHash.of(Buffer.from(password)));
  return file.toString();
}

/** @throws {SuiteError} FILE_UNWRITABLE */
async function requireWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new SuiteError('FILE_UNWRITABLE', `cannot make a password file in ${folder}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Only what is surely not there is made; what cannot be looked at is reported when it is read. */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
