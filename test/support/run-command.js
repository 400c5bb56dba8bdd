import { spawn } from 'node:child_process';

/** What to install where a command is missing. @type {Readonly<Record<string, string>>} */
const missing = {
  mvn: 'Maven (mvn) is not installed; it fetches Kafka. Debian: apt-get install maven',
  java: 'Java (java) is not installed; Kafka needs 17 or later. Debian: apt-get install openjdk-17-jre-headless',
  openssl: 'openssl is not installed; it makes the certificates. Debian: apt-get install openssl',
};

/**
 * Runs a command to its end and returns what it printed on standard output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ input?: string }} [options]
 * @returns {Promise<string>}
 */
export function run(command, args, { input = '' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe' });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    child.on('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      reject(error.code === 'ENOENT' && missing[command] ? new Error(missing[command]) : error),
    );
    child.on('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(`${command} ${args[0]} failed (exit code ${code}):\n${err.trim() || out.trim()}`)),
    );
    child.stdin.on('error', () => {}).end(input);
  });
}
