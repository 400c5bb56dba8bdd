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
import { median, significant } from './table.js';

/** @param {{ quick?: boolean }} options @returns {Promise<import('./table.js').Table[]>} */
export async function run({ quick = false } = {}) {
  const [rounds, seconds] = quick ? [1, 3] : [3, 10];
  const folder = mkdtempSync(join(tmpdir(), 'sensorsim-bench-'));
  /** @type {(() => Promise<unknown>)[]} */
  const stops = [async () => rmSync(folder, { recursive: true, force: true })];
  /** @param {string} name @param {string} bootstrap */
  const bareGateway = async (name, bootstrap) => {
    const port = await freePort();
    const args = ['--gateway-id', name, '--spool', join(folder, name)];
    const gateway = await startGateway({ port, bootstrap, args });
    stops.push(() => gateway.stop('SIGKILL'));
    return port;
  };
  try {
    const lab = await startComposeLab({
      compose: (process.env.SENSORSIM_COMPOSE ?? 'docker-compose').split(' '),
    });
    stops.push(() => lab.stop());
    const kafka = await startKafka({ heap: '384m' });
    stops.push(() => kafka.stop());
    const ways = [
      { name: 'a process, Kafka too', port: await bareGateway('bare', kafka.bootstrap) },
      { name: 'a process, with the Kafka of the lab', port: await bareGateway('mixed', lab.bootstrap) },
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
    for (const stop of stops.reverse()) {
      await stop();
    }
  }
}

/** Readings acknowledged in a second. @param {number} port @param {number} seconds */
async function rateAt(port, seconds) {
  const { output } = await load({ port, seconds });
  return output.acknowledged / output.wallSeconds;
}
