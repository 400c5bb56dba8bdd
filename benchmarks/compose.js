/**
 * The same load at the lab of compose.yaml and at bare processes, in turn: all bare, and a bare gateway on the Kafka of the lab. On the
 * Docker engine of this machine, with the images of `npm run images`. Needs Java. Environment: SENSORSIM_COMPOSE is the command of
 * Compose (default: docker-compose).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/free-port.js';
import { startKafka } from '../test/support/kafka-server.js';
import { startComposeLab } from './load/compose-lab.js';
import { load, startGateway } from './load/gateway-under-load.js';
import { significant } from './table.js';

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** @param {{ quick?: boolean }} options @returns {Promise<import('./table.js').Table[]>} */
export async function run({ quick = false } = {}) {
  const [rounds, seconds] = quick ? [1, 3] : [3, 10];
  const lab = await startComposeLab({
    compose: (process.env.SENSORSIM_COMPOSE ?? 'docker-compose').split(' '),
  });
  const folder = mkdtempSync(join(tmpdir(), 'sensorsim-bench-'));
  const kafka = await startKafka({ heap: '384m' });
  const bare = (/** @type {string} */ name, /** @type {string} */ bootstrap) =>
    bareGateway({ bootstrap, args: ['--gateway-id', name, '--spool', join(folder, name)] });
  const onBareKafka = await bare('bare', kafka.bootstrap);
  const onLabKafka = await bare('mixed', lab.bootstrap);
  try {
    const ways = [
      { name: 'a process, Kafka too', port: onBareKafka.port },
      { name: 'a process, with the Kafka of the lab', port: onLabKafka.port },
      { name: 'the lab of compose.yaml', port: lab.port },
    ].map((way) => ({ ...way, rates: /** @type {number[]} */ ([]) }));
    for (const { port } of ways) {
      await rateAt(port, 2);
    }
    for (let round = 0; round < rounds; round++) {
      for (const { port, rates } of ways) {
        rates.push(await rateAt(port, seconds));
      }
    }
    const base = median(ways[0]?.rates ?? []);
    return [
      {
        title: 'Throughput of the lab of compose.yaml',
        note: `Median of ${rounds} × ${seconds} s, taken in turn: 100 connections, QoS 1, 120-byte readings, acknowledged when in Kafka or in the spool. The load comes from this machine, to the published port. A process of this machine has Node.js ${process.version}, a container that of its image.`,
        columns: ['gateway', 'acknowledged/s', 'of the process'],
        rows: ways.map(({ name, rates }) => [
          name,
          significant(median(rates)),
          significant(median(rates) / base, 2),
        ]),
      },
    ];
  } finally {
    await onBareKafka.gateway.stop('SIGKILL');
    await onLabKafka.gateway.stop('SIGKILL');
    await lab.stop();
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {{ bootstrap: string, args: string[] }} options */
async function bareGateway(options) {
  const port = await freePort();
  return { port, gateway: await startGateway({ port, ...options }) };
}

/** Readings acknowledged in a second. @param {number} port @param {number} seconds */
async function rateAt(port, seconds) {
  const { output } = await load({ port, seconds });
  return output.acknowledged / output.wallSeconds;
}
