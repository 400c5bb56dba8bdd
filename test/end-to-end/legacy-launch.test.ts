import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { commandLine, type Ended, listening, run, start } from '../support/programs.js';

const id = 'IoTProducer1_IoT_temperature_sensor_1_3000';
let folder = '';
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorsim-legacy-'));
});

afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** The sensor as a container of 2018 is started: by its environment alone. */
function launch(variables: Record<string, string | number>): Promise<Ended> {
  const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return run('env', [...env, 'SENSORSIM_LEGACY_ENVIRONMENT=true', ...commandLine('sensorsim', [])]);
}

it('posts the very bytes of 2018 to a server that answers and closes', async () => {
  const requests: string[] = [];
  server = createServer((socket) => {
    socket.once('data', (bytes) => {
      requests.push(bytes.toString('latin1'));
      socket.end('HTTP/1.0 200 OK\r\n\r\nok');
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await launch({
    PI_IP: '127.0.0.1',
    PI_PORT: port,
    NUM_MSG: 5,
    SENSOR_ID: id,
    DELAY: 20_000,
  });
  expect([code, requests.length]).toEqual([0, 5]);
  for (const request of requests) {
    expect(request).toMatch(
      new RegExp(
        `^POST /readings-form/\\?temp=\\d+&lux=\\d+&id=${id}&timestamp=\\d{10}&daydate=\\d{8} HTTP/1\\.0\r\n\r\n$`,
      ),
    );
  }
  expect(stderr).toContain(
    `posts the form to http://127.0.0.1:${port}/readings-form, id ${id}, 5 readings, every 20 ms\n`,
  );
});

it('reaches our gateway by its form', async () => {
  const port = await freePort();
  const out = join(folder, 'out.ndjson');
  const gateway = start('sensorsim-gateway', [
    '--to',
    `file:${out}`,
    '--http',
    'off',
    '--listen',
    `http://127.0.0.1:${port}`,
  ]);
  await listening(port, gateway);
  const { code } = await launch({
    PI_IP: 'localhost',
    PI_PORT: port,
    NUM_MSG: 3,
    SENSOR_ID: id,
    DELAY: 1_000,
  });
  gateway.child.kill('SIGTERM');
  await gateway.ended;
  expect(code).toBe(0);
  // Temperature and light of each form.
  expect(readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(6);
});

it('ends with 2 and names every variable that is nonsense', async () => {
  const { code, stderr } = await launch({
    PI_IP: 'a b',
    PI_PORT: 'x',
    NUM_MSG: 'many',
    SENSOR_ID: '?',
    DELAY: '1s',
  });
  expect(code).toBe(2);
  for (const name of ['PI_IP', 'PI_PORT', 'NUM_MSG', 'SENSOR_ID', 'DELAY']) {
    expect(stderr).toContain(`  - ${name}: `);
  }
});
