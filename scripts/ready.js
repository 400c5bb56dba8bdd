/**
 * Makes a clone ready to run: installs dependencies and builds, each only where it is missing or out of date, and
 * says so on standard error. Needs nothing but Node.js and npm.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node.js ${process.versions.node} is too old: 20.19 or later is needed`);
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`${message}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message);
  process.exit(4);
}

/**
 * @param {string} what
 * @param {string} command
 * @param {string[]} args
 */
function run(what, command, args) {
  say(`${what} (${command} ${args.join(' ')}) …`);
  const started = Date.now();
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // Standard output belongs to the command that follows.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error !== undefined || status !== 0) {
    fail(`${what} failed: ${error?.message ?? `exit code ${status}`}`);
  }
  say(`${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * When a file was last modified, ms; 0 where it is missing.
 * @param {string} path
 */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

// npm writes this file at the end of every install.
const installed = join(root, 'node_modules', '.package-lock.json');
if (modified(installed) < modified(join(root, 'package-lock.json'))) {
  run('Installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund']);
}

/**
 * The newest modification time below a directory, ms.
 * @param {string} directory
 * @returns {number}
 */
function newest(directory) {
  let time = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    time = Math.max(time, statSync(path).mtimeMs, entry.isDirectory() ? newest(path) : 0);
  }
  return time;
}

const packages = ['shared', 'sensor', 'gateway', 'lab'].map((name) => join(root, 'packages', name));
const built = join(root, 'node_modules', '.sensorsim-built');
const sources = Math.max(
  statSync(join(root, 'tsconfig.base.json')).mtimeMs,
  ...packages.flatMap((path) => [newest(join(path, 'src')), statSync(join(path, 'tsconfig.json')).mtimeMs]),
);
const complete = packages.every((path) => existsSync(join(path, 'dist', 'index.js')));
if (!complete || modified(built) < sources) {
  if (!complete) {
    // `tsc --build` trusts its build info and does not restore a deleted file.
    for (const path of packages) {
      rmSync(join(path, 'dist'), { recursive: true, force: true });
    }
  }
  run('Building', process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--build']);
  writeFileSync(built, '');
}
