/**
 * The same load at the gateway container of compose.yaml and at a gateway process, in turn, on one Kafka. On the Docker engine of this
 * machine, with the images of `npm run images`. Environment: SENSORSIM_COMPOSE is the command of Compose (default: docker-compose).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/free-port.js';
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
  const port = await freePort();
  const bare = await startGateway({
    port,
    bootstrap: lab.bootstrap,
    args: ['--gateway-id', 'bare', '--spool', join(folder, 'spool')],
  });
  try {
    const rate = async (/** @type {number} */ at, /** @type {number} */ forSeconds) => {
      const { output } = await load({ port: at, seconds: forSeconds });
      return output.acknowledged / output.wallSeconds;
    };
    await rate(port, 2);
    await rate(lab.port, 2);
    const [process, container] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
    for (let round = 0; round < rounds; round++) {
      process.push(await rate(port, seconds));
      container.push(await rate(lab.port, seconds));
    }
    return [
      {
        title: 'Throughput of the lab of compose.yaml',
        note: `Median of ${rounds} × ${seconds} s, taken in turn: 100 connections, QoS 1, 120-byte readings, acknowledged when in Kafka or in the spool. One Kafka, in a container; the load comes from this machine, to the published port.`,
        columns: ['gateway', 'acknowledged/s', 'of the process'],
        rows: [
          ['as a process', significant(median(process)), 1],
          [
            'in its container',
            significant(median(container)),
            significant(median(container) / median(process), 2),
          ],
        ],
      },
    ];
  } finally {
    await bare.stop('SIGKILL');
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
