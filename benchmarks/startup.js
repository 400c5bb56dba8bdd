/** Start-up: help, and from the start of the process to the first PUBLISH at the broker. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Aedes } from 'aedes';
import { median, significant } from './table.js';

const bin = (/** @type {string} */ name, /** @type {string} */ file) =>
  fileURLToPath(new URL(`../packages/${name}/bin/${file}.js`, import.meta.url));

/** @param {string} script @param {string[]} args @returns {Promise<number>} */
function millisecondsToEnd(script, args) {
  const started = performance.now();
  return new Promise((resolve) => {
    spawn(process.execPath, [script, ...args], { stdio: 'ignore' }).once('exit', () =>
      resolve(performance.now() - started),
    );
  });
}

/** @param {{ quick?: boolean }} options @returns {Promise<import('./table.js').Table[]>} */
export async function run({ quick = false } = {}) {
  const times = quick ? 3 : 9;
  const rows = [];
  const bare = [];
  for (let i = 0; i < times; i++) {
    bare.push(await millisecondsToEnd('-e', ['0']));
  }
  rows.push(['bare node -e 0', significant(median(bare))]);
  for (const [name, file] of /** @type {const} */ ([
    ['sensor', 'sensorsim'],
    ['gateway', 'sensorsim-gateway'],
    ['lab', 'sensorsim-lab'],
  ])) {
    const values = [];
    for (let i = 0; i < times; i++) {
      values.push(await millisecondsToEnd(bin(name, file), ['--help']));
    }
    rows.push([`${file} --help`, significant(median(values))]);
  }
  const broker = await Aedes.createBroker({});
  const server = createServer(broker.handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const first = [];
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    const child = spawn(process.execPath, [bin('sensor', 'sensorsim'), '-p', String(port), '--delay', '10'], {
      stdio: 'ignore',
    });
    await new Promise((resolve) => {
      broker.authorizePublish = (_client, _packet, callback) => {
        resolve(undefined);
        callback(null);
      };
    });
    first.push(performance.now() - started);
    child.kill('SIGKILL');
  }
  rows.push(['sensorsim, start to first PUBLISH at the broker', significant(median(first))]);
  broker.close();
  server.close();
  return [
    {
      title: 'Start-up',
      note: `Median of ${times} runs, milliseconds.`,
      columns: ['command', 'ms'],
      rows,
    },
  ];
}
