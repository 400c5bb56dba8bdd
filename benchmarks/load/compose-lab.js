/** The lab of images/compose.yaml, for measuring: its Kafka and its gateway, which takes the load without a login. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const file = fileURLToPath(new URL('../../images/compose.yaml', import.meta.url));
const run = promisify(execFile);

/**
 * `compose`: the command, docker-compose or docker compose.
 * @param {{ compose: readonly string[] }} options
 */
export async function startComposeLab({ compose }) {
  const folder = mkdtempSync(join(tmpdir(), 'sensorsim-bench-'));
  const more = join(folder, 'bench.yaml');
  const environment = { SENSORSIM_GATEWAY_ALLOW_ANONYMOUS: 'everywhere', SENSORSIM_GATEWAY_PARTITIONS: '8' };
  writeFileSync(more, JSON.stringify({ services: { gateway: { environment } } }));
  const [program = 'docker-compose', ...before] = compose;
  const call = (/** @type {string[]} */ ...args) =>
    run(program, [...before, '--project-name', 'sensorsim-bench', '-f', file, '-f', more, ...args]);
  const stop = async () => {
    await call('down', '--volumes', '--timeout', '5');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await call('up', '--detach', 'gateway');
    for (let attempt = 0; !(await isReady()); attempt++) {
      if (attempt === 600) {
        throw new Error('the gateway of compose.yaml is not ready after a minute');
      }
      await sleep(100);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { port: 1883, bootstrap: '127.0.0.1:9094', stop };
}

/** Whether the gateway takes readings. Not `fetch`: with it Node.js 20 ended while it waited, as if there were nothing left to do (exit code 13). */
const isReady = () =>
  new Promise((resolve) => {
    const request = get('http://127.0.0.1:9464/readyz', { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
