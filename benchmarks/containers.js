/**
 * Containers beside bare processes: size of the images, start to first reading, memory. On the Docker engine of this
 * machine, on Linux, as root (memory is read from /proc), with the images of `npm run images`.
 * Environment: NODE_IMAGE is what they were built on (default: node:24-slim).
 */
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Aedes } from 'aedes';
import { median, significant } from './table.js';

const sensorBin = fileURLToPath(new URL('../packages/sensor/bin/sensorsim.js', import.meta.url));
const network = 'sensorsim-bench';
const base = process.env.NODE_IMAGE ?? 'node:24-slim';

/** @param {string[]} args */
const docker = async (...args) => (await promisify(execFile)('docker', args)).stdout.trim();

/** @param {{ quick?: boolean }} options @returns {Promise<import('./table.js').Table[]>} */
export async function run({ quick = false } = {}) {
  const broker = await startBroker();
  try {
    return [await sizes(), await starts(broker, quick ? 3 : 9), await memory(broker, quick ? 5 : 20)];
  } finally {
    await broker.stop();
  }
}

/** A broker on all addresses of this machine, and when it got its next PUBLISH. */
async function startBroker() {
  const aedes = await Aedes.createBroker({});
  const server = createServer(aedes.handle);
  await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  let published = () => {};
  let count = 0;
  aedes.authorizePublish = (_client, _packet, callback) => {
    count++;
    published();
    callback(null);
  };
  await docker('network', 'create', network);
  const gateway = await docker(
    'network',
    'inspect',
    '--format',
    '{{(index .IPAM.Config 0).Gateway}}',
    network,
  );
  return {
    port,
    /** This machine, as containers of the network see it. */
    url: `mqtt://${gateway}:${port}`,
    count: () => count,
    nextPublish: () =>
      /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          published = () => resolve();
        })
      ),
    async stop() {
      aedes.close();
      server.close();
      await docker('network', 'rm', network);
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startBroker>>} Broker */

/** @returns {Promise<import('./table.js').Table>} */
async function sizes() {
  const size = async (/** @type {string} */ image) =>
    Number(await docker('image', 'inspect', '--format', '{{.Size}}', image)) / 1e6;
  const under = await size(base);
  const rows = [];
  for (const name of ['sensor', 'gateway', 'lab']) {
    const whole = await size(`sensorsim/${name}`);
    rows.push([`sensorsim/${name}`, significant(whole), significant(whole - under)]);
  }
  return {
    title: 'Images',
    note: `Uncompressed. The base is ${base}, ${significant(under)} MB here.`,
    columns: ['image', 'MB', 'MB over the base'],
    rows,
  };
}

/** @param {Broker} broker @param {number} times @returns {Promise<import('./table.js').Table>} */
async function starts(broker, times) {
  /** @type {{ bare: number[], container: number[], again: number[] }} */
  const took = { bare: [], container: [], again: [] };
  const timed = async (/** @type {number[]} */ into, /** @type {() => Promise<unknown>} */ start) => {
    const published = broker.nextPublish();
    const started = performance.now();
    await start();
    const late = sleep(60_000, undefined, { ref: false }).then(() => {
      throw new Error('no PUBLISH within a minute');
    });
    await Promise.race([published, late]);
    into.push(performance.now() - started);
  };
  for (let i = 0; i < times; i++) {
    /** @type {import('node:child_process').ChildProcess | undefined} */
    let child;
    await timed(took.bare, async () => {
      child = spawn(process.execPath, [sensorBin, '-p', String(broker.port), '--delay', '10'], {
        stdio: 'ignore',
      });
    });
    child?.kill('SIGKILL');
    await timed(took.container, () =>
      docker(
        ...['run', '--detach', '--name', 'bench-start', '--network', network],
        ...['--env', `SENSORSIM_BROKER=${broker.url}`, '--env', 'SENSORSIM_DELAY=10', 'sensorsim/sensor'],
      ),
    );
    await docker('kill', 'bench-start');
    await timed(took.again, () => docker('start', 'bench-start'));
    await docker('rm', '--force', 'bench-start');
  }
  return {
    title: 'Start to the first PUBLISH at the broker',
    note: `Median of ${times} runs, milliseconds, taken in turn. A process of this machine has Node.js ${process.version}, a container that of its image.`,
    columns: ['what', 'ms'],
    rows: [
      ['sensorsim as a process', significant(median(took.bare))],
      ['sensorsim/sensor, docker run', significant(median(took.container))],
      ['sensorsim/sensor, docker start of a container that was killed', significant(median(took.again))],
    ],
  };
}

/** @param {Broker} broker @param {number} copies @returns {Promise<import('./table.js').Table>} */
async function memory(broker, copies) {
  const rows = [];
  for (const { devices, containers, limit } of [
    { devices: 1, containers: 1, limit: '96m' },
    { devices: 1, containers: copies, limit: '96m' },
    { devices: 1_000, containers: 1, limit: '96m' },
    { devices: 2_000, containers: 1, limit: '128m' },
    { devices: 5_000, containers: 1, limit: '256m' },
  ]) {
    const names = Array.from({ length: containers }, (_, i) => `bench-memory-${i}`);
    try {
      for (const name of names) {
        const settings = { BROKER: broker.url, COUNT: devices, QOS: 1, ID: '{prefix}-{host}-{n}' };
        await docker(
          ...['run', '--detach', '--name', name, '--network', network],
          ...['--memory', limit, '--memory-swap', limit],
          ...Object.entries(settings).flatMap(([key, value]) => ['--env', `SENSORSIM_${key}=${value}`]),
          'sensorsim/sensor',
        );
      }
      // Past the connections and the first collections of garbage.
      await sleep(15_000 + 5 * devices);
      const before = broker.count();
      await sleep(10_000);
      const rateHz = (broker.count() - before) / 10;
      const pids = await Promise.all(
        names.map((name) => docker('inspect', '--format', '{{.State.Pid}}', name)),
      );
      const sum = (/** @type {string} */ field) =>
        pids.reduce((all, pid) => all + mebibytes(pid, field), 0) / containers;
      rows.push([
        `${containers} × ${devices.toLocaleString('en')} device${devices === 1 ? '' : 's'}, --memory ${limit}`,
        significant(sum('Rss')),
        significant(sum('Anonymous')),
        significant(sum('Pss')),
        significant(rateHz / (devices * containers)),
      ]);
    } finally {
      await docker('rm', '--force', ...names);
    }
  }
  return {
    title: 'Memory of sensor containers',
    note: 'Each device publishes once a second, QoS 1. Mean of the containers, MiB. Own: what counts against the limit for good; the rest are files, as of the Node.js program. Proportional: what containers of one image share is divided among them.',
    columns: ['containers', 'RSS', 'own', 'proportional', 'readings/s of nominal'],
    rows,
  };
}

/** A figure of a process's whole memory. @param {string} pid @param {string} field */
function mebibytes(pid, field) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024;
}
