import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fleetProgram, Sensor, type SensorOptions } from 'sensorsim';
import { machineNow } from 'sensorsim-shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleetChild } from '../../packages/lab/src/remote/fleet-child.js';
import { RemoteFleet } from '../../packages/lab/src/remote/remote-fleet.js';
import type { FleetDeps } from '../../packages/lab/src/run/fleet.js';
import {
  BrokerFixture,
  MemoryRecorder,
  testOptions,
  until,
} from '../../packages/sensor/src/sensor.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-remote-'));
const broker = new BrokerFixture();

beforeAll(() => broker.start());
afterAll(async () => {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

function remote(options: SensorOptions, program?: URL) {
  const recorder = new MemoryRecorder();
  let fates = 0;
  const deps: FleetDeps = {
    ...{ recorder, log: () => {}, closeTimeoutMs: 5_000, attacks: [], fleets: [options] },
    begin: async () => ({ machineStartAt: Math.ceil(machineNow() + 50) }),
    onFate: () => {
      fates++;
    },
  };
  const child = startFleetChild(program);
  const fleet = new RemoteFleet({ options, deps, transport: child, place: 'the process next door' });
  return { fleet, child, recorder, fates: () => fates };
}

/** One that is under way. */
async function begun() {
  const part = remote(testOptions({ port: broker.port, count: 2, delay: 20, qos: 1 }));
  const run = part.fleet.run();
  run.catch(() => {});
  await until('some are confirmed', () => part.fleet.snapshot().readings.acknowledged > 5);
  return { ...part, run };
}

describe('a fleet in a process of its own', () => {
  it('gives the rows that it gives in this one, and leaves no process', async () => {
    const flags = { port: broker.port, type: ['temp', 'light'], count: 7, delay: 100, jitter: 30, qos: 1 };
    const options = testOptions({ ...flags, clock: 'virtual', duration: 60_000, attack: ['data.bias'] });
    const here = new MemoryRecorder();
    const summary = await new Sensor(options, { recorder: here }).run();
    const { fleet, child, recorder, fates } = remote(options);
    expect(await fleet.run()).toEqual(summary);
    expect(recorder.rows).toEqual(here.rows);
    expect(recorder.rows.length).toBe(4_200);
    expect(fates()).toBe(4_200);
    expect(await child.ended).toBe('exit code 0');
  });

  it.each([
    ['SIGKILL', 'SIGKILL'],
    ['SIGTERM', 'something there told it to end'],
  ] as const)('is lost where it gets %s, and its summary says what it did', async (signal, how) => {
    const { fleet, child, run } = await begun();
    process.kill(child.pid as number, signal);
    await expect(run).rejects.toMatchObject({
      code: 'FLEET_LOST',
      message: `the fleet in the process next door was lost: ${how}`,
    });
    expect(fleet.summary().readings.acknowledged).toBeGreaterThan(5);
    expect(await child.ended).toBe(signal === 'SIGKILL' ? 'SIGKILL' : 'exit code 143');
  });

  it('ends by itself when its lab is gone', async () => {
    const { child, run } = await begun();
    child.input.end();
    await expect(run).rejects.toThrow(/lost this lab/);
    expect(await child.ended).toBe('exit code 3');
  });

  it.each([
    [
      'console.log("Welcome"); setInterval(() => {}, 1000)',
      'FLEET_MISMATCH',
      /next door runs no fleet.*Welcome/,
    ],
    ['console.error("not built"); process.exit(4)', 'FLEET_LOST', /exit code 4:\nnot built/],
  ])('is not mistaken for another program: %s', async (text, code, message) => {
    const path = join(folder, `${code}.mjs`);
    writeFileSync(path, text);
    const { fleet, child } = remote(testOptions({ port: broker.port }), pathToFileURL(path));
    await expect(fleet.run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await child.ended;
  });
});

it('the program of a fleet, started by hand, says whose it is', async () => {
  const child = spawn(process.execPath, [fileURLToPath(fleetProgram), '--help'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(stderr).toContain('sensorsim-lab starts this program');
});
