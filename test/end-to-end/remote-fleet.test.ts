import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fleetProgram, Sensor, type SensorOptions } from 'sensorsim';
import type { AttackSpec } from 'sensorsim-shared';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FleetChild, startFleetChild } from '../../packages/lab/src/remote/fleet-child.js';
import { RemoteFleet } from '../../packages/lab/src/remote/remote-fleet.js';
import type { FleetDeps } from '../../packages/lab/src/run/fleet.js';
import { mergeIntervals } from '../../packages/lab/src/run/merge-intervals.js';
import {
  BrokerFixture,
  MemoryRecorder,
  testOptions,
  until,
} from '../../packages/sensor/src/sensor.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-remote-'));
let broker: BrokerFixture;

beforeEach(async () => {
  broker = new BrokerFixture();
  await broker.start();
});
afterEach(() => broker.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Played {
  readonly recorder: MemoryRecorder;
  readonly log: string[];
  readonly fates: { device: number; due: number; elapsedMs: number }[];
}

/** What a run gives to its fleets. */
function depsOf(options: SensorOptions, attacks: readonly AttackSpec[] = []): FleetDeps & Played {
  const log: string[] = [];
  const fates: Played['fates'] = [];
  return {
    recorder: new MemoryRecorder(),
    log: Object.assign((line: string) => void log.push(line), log) as never,
    closeTimeoutMs: 5_000,
    attacks,
    fleets: [options],
    begin: async () => ({ machineStartAt: Math.ceil(performance.timeOrigin + performance.now() + 50) }),
    onFate: ({ device, due }, outcome, _reason, elapsedMs) => {
      if (outcome === 'acknowledged') {
        fates.push({ device, due, elapsedMs });
      }
    },
    fates,
  };
}

function remote(
  options: SensorOptions,
  deps: FleetDeps,
  shard?: string,
): RemoteFleet & { child: FleetChild } {
  const child = startFleetChild();
  const fleet = new RemoteFleet({ options, shard, deps, transport: child, place: 'the process next door' });
  return Object.assign(fleet, { child });
}

const start = '2026-01-01T00:00:00Z';
const byText = <T>(rows: readonly T[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
const attack = (id: string, pattern: string, more: Partial<AttackSpec> = {}): AttackSpec => ({
  id,
  pattern,
  parameters: {},
  atMs: 500,
  forMs: 1_000,
  ...more,
});

describe('a fleet in another process', () => {
  it('gives what the same fleet in this process gives: rows, fates, counts and intervals', async () => {
    const flags = { port: broker.port, type: ['temp', 'light'], count: 7, delay: 100, jitter: 30, qos: 1 };
    const options = testOptions({ ...flags, clock: 'virtual', duration: 5_000, seed: 'twin' });
    const attacks = [
      attack('bias', 'data.bias', { targets: { devices: [2, 3] } }),
      attack('gap', 'avail.dropout'),
    ];
    const here = depsOf(options, attacks);
    const there = depsOf(options, attacks);
    const local = new Sensor(options, here);
    const away = remote(options, there);
    const summary = await local.run();
    expect(await away.run()).toEqual(summary);
    expect(summary.readings.acknowledged).toBeGreaterThan(250);
    expect(there.recorder.rows).toEqual(here.recorder.rows);
    expect(byText(there.fates)).toEqual(byText(here.fates));
    expect(away.intervals()).toEqual(local.intervals());
    expect(away.startAt).toBe(local.startAt);
    const { rateHz: _, ...snapshot } = local.snapshot();
    expect(away.snapshot()).toMatchObject(snapshot);
  });

  it('lives in the same time as this one, and drives connections of patterns', async () => {
    const options = testOptions({
      ...{ port: broker.port, count: 4, delay: 100, duration: 2_000, qos: 1, seed: 'wall', start },
      ...{ statusTopic: 'status/{id}', password: 'secret', username: '{id}' },
    });
    const attacks = [attack('spoof', 'id.spoof', { targets: { devices: [1] } })];
    const here = depsOf(options, attacks);
    const there = depsOf(options, attacks);
    const local = new Sensor(options, here);
    const away = remote(options, there);
    const [summary, other] = await Promise.all([local.run(), away.run()]);
    const own = ({ rows }: MemoryRecorder): string[] =>
      byText(rows.filter(({ label }) => label === undefined));
    expect(own(there.recorder).length).toBeGreaterThan(50);
    expect(own(there.recorder)).toEqual(own(here.recorder));
    expect(other.readings).toMatchObject({ offered: summary.readings.offered, skipped: 0, failed: 0 });
    expect(other.attacks?.connections.opened).toBe(summary.attacks?.connections.opened);
    expect(other.attacks?.messages.published).toBeGreaterThan(0);
    const driven = there.recorder.rows.filter(({ label }) => label?.type === 'id.spoof');
    expect(driven.length).toBe(other.attacks?.messages.published);
    expect(byText(there.recorder.events.map(({ at: _, ...event }) => event))).toEqual(
      byText(here.recorder.events.map(({ at: _, ...event }) => event)),
    );
    // The clocks are one: no offset, and latencies of the milliseconds that they are.
    expect(away.clock?.offsetMs).toBe(0);
    expect(there.fates.every(({ elapsedMs }) => elapsedMs >= 0 && elapsedMs < 2_000)).toBe(true);
    expect(away.distributions().latency.count).toBe(other.readings.acknowledged);
    expect(away.distributions().latency.percentiles()).toEqual(other.latencyMs);
  });

  it('gives in parts what it gives as a whole', async () => {
    const flags = { port: broker.port, count: 9, delay: 200, qos: 1, clock: 'virtual', duration: 4_000 };
    const options = testOptions({ ...flags, seed: 'parts' });
    const attacks = [
      attack('bias', 'data.bias', { targets: { devices: [1, 2, 5] } }),
      attack('one', 'avail.dropout', { targets: { devices: [4] } }),
    ];
    const whole = depsOf(options, attacks);
    const sensor = new Sensor(options, whole);
    const summary = await sensor.run();
    const parts = depsOf(options, attacks);
    const fleets = ['1/2', '2/2'].map((shard) => remote(options, parts, shard));
    const sums = await Promise.all(fleets.map((fleet) => fleet.run()));
    expect(byText(parts.recorder.rows)).toEqual(byText(whole.recorder.rows));
    expect(byText(parts.fates)).toEqual(byText(whole.fates));
    expect(sums.reduce((sum, { readings }) => sum + readings.acknowledged, 0)).toBe(
      summary.readings.acknowledged,
    );
    const sorted = (intervals: ReturnType<Sensor['intervals']>) =>
      intervals.map((interval) => ({ ...interval, targets: [...interval.targets].sort() }));
    expect(sorted(mergeIntervals(fleets.map((fleet) => fleet.intervals())))).toEqual(
      sorted(sensor.intervals()),
    );
  });

  it('ends early at a word, with what is known', async () => {
    const options = testOptions({ port: broker.port, count: 3, delay: 20, qos: 1 });
    const deps = depsOf(options);
    const fleet = remote(options, deps);
    const run = fleet.run();
    await until('some are confirmed', () => fleet.snapshot().readings.acknowledged > 20);
    fleet.stop();
    const { readings } = await run;
    expect(readings.acknowledged).toBe(readings.offered);
    expect(deps.recorder.rows.length).toBe(readings.offered);
    expect(deps.fates.length).toBe(readings.acknowledged);
    expect(await fleet.child.ended).toBe('exit code 0');
  });

  it('is told to end before it began', async () => {
    const options = testOptions({ port: broker.port });
    const fleet = remote(options, depsOf(options));
    fleet.stop();
    expect((await fleet.run()).readings.offered).toBe(0);
    expect(fleet.startAt).toBe(0);
  });

  it('fails as it would here, with the code and every word of it', async () => {
    await broker.stop();
    const options = testOptions({ port: broker.port, count: 1, giveUp: 200 });
    const away = remote(options, depsOf(options)).run();
    await expect(away).rejects.toMatchObject({ code: 'SENSOR_GAVE_UP', exitCode: 3 });
    const broken = {
      ...options,
      workers: 2,
      cafile: join(folder, 'none.pem'),
      colour: 'red',
    } as SensorOptions;
    const refused = remote(broken, depsOf(broken)).run();
    await expect(refused).rejects.toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2 });
    const { problems } = (await refused.catch((error: unknown) => error)) as { problems: string[] };
    expect(problems.join('\n')).toMatch(/colour.*\n[\s\S]*none\.pem[\s\S]*--workers/);
    await broker.start();
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('is lost where it gets %s, which says where', async (signal) => {
    const options = testOptions({ port: broker.port, count: 2, delay: 20, qos: 1 });
    const deps = depsOf(options);
    const fleet = remote(options, deps);
    const run = fleet.run();
    run.catch(() => {});
    await until('some are confirmed', () => fleet.snapshot().readings.acknowledged > 5);
    process.kill(fleet.child.pid as number, signal);
    await expect(run).rejects.toMatchObject({
      code: 'FLEET_LOST',
      exitCode: 3,
      message: expect.stringMatching(
        /the process next door was lost: (SIGKILL|something there told it to end)/,
      ),
    });
    expect(fleet.summary().readings.acknowledged).toBeGreaterThan(5);
  });

  it.each([
    [
      'garbage',
      'console.log("Welcome to the shell"); setInterval(() => {}, 1000)',
      'FLEET_MISMATCH',
      /Welcome to/,
    ],
    [
      'a lie',
      'process.stdout.write("M 4 1\\n{no}"); setInterval(() => {}, 1000)',
      'FLEET_MISMATCH',
      /no fleet/,
    ],
    [
      'nothing',
      'console.error("out of memory"); process.exit(9)',
      'FLEET_LOST',
      /exit code 9:\nout of memory/,
    ],
  ])('is not mistaken for a program that says %s', async (name, text, code, message) => {
    const path = join(folder, `${name.replace(' ', '-')}.mjs`);
    writeFileSync(path, text);
    const options = testOptions({ port: broker.port });
    const transport = startFleetChild(pathToFileURL(path));
    const fleet = new RemoteFleet({ options, deps: depsOf(options), transport, place: 'there' });
    await expect(fleet.run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await transport.ended;
  });

  it('stops when what records it cannot', async () => {
    const options = testOptions({ port: broker.port, delay: 20 });
    const deps = depsOf(options);
    deps.recorder.truthBytes = () => {
      throw new Error('disk full');
    };
    const fleet = remote(options, deps);
    await expect(fleet.run()).rejects.toThrow('disk full');
    await fleet.child.ended;
  });
});

describe('the program that plays a fleet', () => {
  const program = fileURLToPath(fleetProgram);

  async function fed(input: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
    const child = spawn(process.execPath, [program, ...args]);
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.resume();
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const [code] = await once(child, 'close');
    return { code, stderr };
  }

  it.each([
    ['nothing', '', /no task had come[\s\S]*sensorsim-lab/],
    ['no JSON', 'hello\n', /"hello"/],
    ['an unknown word', '{"kind":"dance"}\n', /dance/],
    ['a later version', '{"kind":"task","protocol":99}\n', /version 99/],
    ['no fleet', '{"kind":"task","protocol":1,"fleets":[],"attacks":[],"own":0}\n', /names no fleet/],
  ])('ends with exit code 2 and says why where it is told %s', async (_, input, said) => {
    const { code, stderr } = await fed(input);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('takes no arguments', async () => {
    expect(await fed('', '--help')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/sensorsim-lab/),
    });
  });

  it('ends when its lab is gone, after what is under way', async () => {
    const options = testOptions({ port: broker.port, delay: 20, qos: 1 });
    const fleet = remote(options, depsOf(options));
    const run = fleet.run();
    run.catch(() => {});
    await until('some are confirmed', () => fleet.snapshot().readings.acknowledged > 5);
    fleet.child.input.end();
    await expect(run).rejects.toMatchObject({
      code: 'FLEET_LOST',
      message: expect.stringMatching(/lost this lab/),
    });
    expect(await fleet.child.ended).toBe('exit code 3');
  });
});
