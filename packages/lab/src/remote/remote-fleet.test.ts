import { PassThrough } from 'node:stream';
import { Sensor, type SensorOptions } from 'sensorsim';
import { type AttackSpec, type Clock, ManualClock, machineNow } from 'sensorsim-shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FleetService } from '../../../sensor/src/remote/fleet-service.js';
import { BrokerFixture, MemoryRecorder, testOptions, until } from '../../../sensor/src/sensor.fixture.js';
import { isDriven } from '../run/attack-tallies.js';
import type { FleetDeps } from '../run/fleet.js';
import { mergeIntervals } from '../run/merge-intervals.js';
import type { FleetTransport } from './fleet-transport.js';
import { RemoteFleet } from './remote-fleet.js';

let broker: BrokerFixture;

beforeEach(async () => {
  broker = new BrokerFixture();
  await broker.start();
});
afterEach(() => broker.stop());

/** The program's service, with streams of this process. */
function startService(): FleetTransport & { readonly killed: () => boolean } {
  const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
  const service = new FleetService({ ...streams, version: '1.2.3' });
  let isKilled = false;
  const ended = service.run().then((code) => {
    streams.output.end();
    return `exit code ${code}`;
  });
  return {
    ...streams,
    ended,
    kill: async () => {
      isKilled = true;
      streams.input.end();
      await ended;
    },
    killed: () => isKilled,
  };
}

/** What a run gives to its fleets, and what it hears of them. */
function runOf(options: SensorOptions, attacks: readonly AttackSpec[] = [], now = machineNow) {
  const log: string[] = [];
  const fates: { device: number; due: number; elapsedMs: number }[] = [];
  const recorder = new MemoryRecorder();
  const deps: FleetDeps = {
    recorder,
    log: (line) => log.push(line),
    closeTimeoutMs: 5_000,
    attacks,
    fleets: [options],
    begin: async () => ({ machineStartAt: Math.ceil(now() + 50) }),
    onFate: ({ device, due }, outcome, _reason, elapsedMs) => {
      if (outcome === 'acknowledged') {
        fates.push({ device, due, elapsedMs });
      }
    },
  };
  return { deps, log, fates, recorder };
}

function remote(options: SensorOptions, deps: FleetDeps, shard?: string) {
  const transport = startService();
  return { transport, fleet: new RemoteFleet({ options, shard, deps, transport, place: 'the other room' }) };
}

const byText = <T>(rows: readonly T[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
const attack = (id: string, pattern: string, devices: number[]): AttackSpec => ({
  ...{ id, pattern, parameters: {}, atMs: 500, forMs: 1_000, targets: { devices } },
});

describe('a fleet elsewhere', () => {
  it('gives what the same fleet in this process gives: rows, fates, counts and intervals', async () => {
    const flags = { port: broker.port, type: ['temp', 'light'], count: 7, delay: 100, jitter: 30, qos: 1 };
    const options = testOptions({ ...flags, clock: 'virtual', duration: 5_000, seed: 'twin' });
    const attacks = [attack('bias', 'data.bias', [2, 3]), attack('gap', 'avail.dropout', [4])];
    const here = runOf(options, attacks);
    const there = runOf(options, attacks);
    const sensor = new Sensor(options, here.deps);
    const { fleet } = remote(options, there.deps);
    expect([fleet.startAt, fleet.summary(), fleet.intervals()]).toEqual([0, sensor.summary(), []]);
    const summary = await sensor.run();
    expect(await fleet.run()).toEqual(summary);
    expect(summary.readings.acknowledged).toBeGreaterThan(250);
    expect(there.recorder.rows).toEqual(here.recorder.rows);
    expect(byText(there.fates)).toEqual(byText(here.fates));
    expect(fleet.intervals()).toEqual(sensor.intervals());
    expect(fleet.startAt).toBe(sensor.startAt);
    const { rateHz: _, ...snapshot } = sensor.snapshot();
    expect(fleet.snapshot()).toMatchObject(snapshot);
  });

  it('lives in the same time, and drives connections of patterns', async () => {
    const options = testOptions({
      ...{ port: broker.port, count: 4, delay: 100, duration: 2_000, qos: 1, seed: 'wall' },
      ...{ start: '2026-01-01T00:00:00Z', statusTopic: 'status/{id}', password: 'secret', username: '{id}' },
    });
    const attacks = [attack('spoof', 'id.spoof', [1])];
    const here = runOf(options, attacks);
    const there = runOf(options, attacks);
    const twin = new BrokerFixture();
    await twin.start();
    const elsewhere = { ...options, port: twin.port };
    const { fleet } = remote(elsewhere, { ...there.deps, fleets: [elsewhere] });
    const [summary, other] = await Promise.all([new Sensor(options, here.deps).run(), fleet.run()]);
    await twin.stop();
    const own = ({ rows }: MemoryRecorder): string[] => byText(rows.filter((row) => !isDriven(row)));
    expect(own(there.recorder).length).toBeGreaterThan(50);
    expect(own(there.recorder)).toEqual(own(here.recorder));
    expect(other.readings).toMatchObject({ offered: summary.readings.offered, skipped: 0, failed: 0 });
    expect(other.attacks?.connections.opened).toBe(summary.attacks?.connections.opened);
    const driven = there.recorder.rows.filter(isDriven);
    expect(driven.length).toBe(other.attacks?.messages.published);
    expect(driven.length).toBeGreaterThan(0);
    const events = ({ events }: MemoryRecorder) => byText(events.map(({ at: _, ...event }) => event));
    expect(events(there.recorder)).toEqual(events(here.recorder));
    expect(fleet.distributions().latency.count).toBe(other.readings.acknowledged);
    const { p50, p99 } = other.latencyMs as NonNullable<typeof other.latencyMs>;
    expect(fleet.distributions().latency.percentiles()).toMatchObject({ p50, p99 });
    expect(there.fates.map(({ elapsedMs }) => elapsedMs).every((ms) => ms >= 0 && ms < 2_000)).toBe(true);
  });

  it('gives in parts what it gives as a whole', async () => {
    const flags = { port: broker.port, count: 9, delay: 200, qos: 1, clock: 'virtual', duration: 4_000 };
    const options = testOptions({ ...flags, seed: 'parts' });
    const attacks = [attack('bias', 'data.bias', [1, 2, 5]), attack('one', 'avail.dropout', [4])];
    const whole = runOf(options, attacks);
    const sensor = new Sensor(options, whole.deps);
    const summary = await sensor.run();
    const parts = runOf(options, attacks);
    const fleets = ['1/2', '2/2'].map((shard) => remote(options, parts.deps, shard).fleet);
    const sums = await Promise.all(fleets.map((fleet) => fleet.run()));
    expect(byText(parts.recorder.rows)).toEqual(byText(whole.recorder.rows));
    expect(byText(parts.fates)).toEqual(byText(whole.fates));
    const acknowledged = sums.reduce((sum, { readings }) => sum + readings.acknowledged, 0);
    expect(acknowledged).toBe(summary.readings.acknowledged);
    const sorted = (intervals: ReturnType<Sensor['intervals']>) =>
      intervals.map((interval) => ({ ...interval, targets: [...interval.targets].sort() }));
    expect(sorted(mergeIntervals(fleets.map((fleet) => fleet.intervals())))).toEqual(
      sorted(sensor.intervals()),
    );
  });

  it('has the time of the lab, where its own clock is an hour behind', async () => {
    const hourMs = 3_600_000;
    const machine: Clock = {
      ...{ mode: 'wall', speed: 1 },
      now: () => machineNow() + hourMs,
      wake: (at, callback) => {
        const timer = setTimeout(callback, at - machineNow() - hourMs);
        return { cancel: () => clearTimeout(timer) };
      },
    };
    const options = testOptions({ port: broker.port, count: 3, delay: 50, duration: 500, qos: 1 });
    const { deps, log, fates, recorder } = runOf(options, [], machine.now);
    const before = machine.now();
    const fleet = new RemoteFleet({
      options,
      deps,
      transport: startService(),
      place: 'the far room',
      machine,
    });
    const { readings } = await fleet.run();
    expect(Math.abs((fleet.clock?.offsetMs ?? 0) - hourMs)).toBeLessThan(500);
    expect(log.join()).toMatch(/the clock of the far room is \d+\.\d ms behind this machine's/);
    expect(fleet.startAt).toBeGreaterThanOrEqual(before);
    expect(readings).toMatchObject({ offered: 30, acknowledged: 30 });
    expect(Math.min(...recorder.rows.map(({ ts }) => ts))).toBe(fleet.startAt);
    expect(fates.every(({ elapsedMs }) => elapsedMs < 5_000)).toBe(true);
    expect(recorder.events.every(({ at }) => at >= before - 500 && at <= machine.now() + 500)).toBe(true);
  });

  it('ends early at a word, with what is known', async () => {
    const options = testOptions({ port: broker.port, count: 3, delay: 20, qos: 1 });
    const { deps, fates, recorder } = runOf(options);
    const { fleet, transport } = remote(options, deps);
    const run = fleet.run();
    await until('some are confirmed', () => fleet.snapshot().readings.acknowledged > 20);
    fleet.stop();
    const { readings } = await run;
    expect(readings.acknowledged).toBe(readings.offered);
    expect(recorder.rows.length).toBe(readings.offered);
    expect(fates.length).toBe(readings.acknowledged);
    expect(await transport.ended).toBe('exit code 0');
  });

  it('can be told to end before it has begun, and while it waits for others', async () => {
    const options = testOptions({ port: broker.port });
    const early = remote(options, runOf(options).deps).fleet;
    early.stop();
    expect((await early.run()).readings.offered).toBe(0);
    let isReady = false;
    const begin: FleetDeps['begin'] = () => {
      isReady = true;
      return new Promise(() => {});
    };
    const { fleet } = remote(options, { ...runOf(options).deps, begin });
    const run = fleet.run();
    await until('it is ready', () => isReady);
    fleet.stop();
    expect((await run).readings.offered).toBe(0);
    expect(fleet.startAt).toBe(0);
  });

  it('fails as it would here, with the code and every problem', async () => {
    const options = testOptions({ port: 1, count: 2, giveUp: 1 });
    const { fleet } = remote(options, runOf(options).deps);
    await expect(fleet.run()).rejects.toMatchObject({ code: 'SENSOR_GAVE_UP', exitCode: 3 });
    const wrong = { ...options, workers: 2, cafile: '/none.pem', colour: 'red' } as SensorOptions;
    await expect(remote(wrong, runOf(wrong).deps).fleet.run()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      problems: [/colour/, /none\.pem/, /--workers/].map((text) => expect.stringMatching(text)),
    });
  });

  it('ends when its rows cannot be written, with that error', async () => {
    const options = testOptions({ port: broker.port, delay: 20 });
    const { deps, recorder } = runOf(options);
    recorder.truthBytes = () => {
      throw new Error('disk full');
    };
    const { fleet, transport } = remote(options, deps);
    await expect(fleet.run()).rejects.toThrow('disk full');
    expect(transport.killed()).toBe(true);
  });
});

describe('what is no fleet, or none any more', () => {
  function message(value: object): string {
    const text = JSON.stringify(value);
    return `M ${text.length} 1\n${text}`;
  }

  function silent() {
    const output = new PassThrough();
    let end!: (how: string) => void;
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const transport: FleetTransport = {
      ...{ input: new PassThrough(), output, errors: new PassThrough(), ended },
      kill: async () => end('SIGKILL'),
    };
    const machine = new ManualClock();
    const options = testOptions({ port: 1 });
    const { deps } = runOf(options);
    const run = new RemoteFleet({ options, deps, transport, place: 'there', machine }).run();
    run.catch(() => {});
    return { transport, output, end, machine, run };
  }

  it.each([
    ['a greeting', 'Welcome to the shell\n', /there runs no fleet.*Welcome to/],
    ['no JSON', 'M 4 1\n{no}', /there runs no fleet/],
    ['another version', message({ kind: 'hello', protocol: 9, version: '9.0' }), /version 9/],
    ['a word that is unknown', message({ kind: 'dance' }), /dance/],
  ])('is told by %s', async (_, text, said) => {
    const { output, run } = silent();
    output.write(text);
    await expect(run).rejects.toMatchObject({
      code: 'FLEET_MISMATCH',
      exitCode: 2,
      message: expect.stringMatching(said),
    });
  });

  it('is lost when it ends, with its last words', async () => {
    const { transport, output, end, machine, run } = silent();
    (transport.errors as PassThrough).write('out of memory\n');
    output.end();
    await new Promise(setImmediate);
    end('exit code 137');
    await expect(run).rejects.toMatchObject({
      code: 'FLEET_LOST',
      message: 'the fleet in there was lost: exit code 137:\nout of memory',
    });
    expect(machine.now()).toBe(0);
  });

  it('is lost when the way to it breaks and nobody says why', async () => {
    const { output, machine, run } = silent();
    output.destroy(new Error('ECONNRESET'));
    await new Promise(setImmediate);
    machine.advance(5_000);
    await expect(run).rejects.toMatchObject({
      code: 'FLEET_LOST',
      message: expect.stringMatching(/ECONNRESET/),
    });
  });

  it('is lost after a minute without a word, in which it hears signs of life', async () => {
    const { transport, machine, run } = silent();
    machine.advance(65_000);
    await expect(run).rejects.toMatchObject({
      code: 'FLEET_LOST',
      message: expect.stringMatching(/for 60 s/),
    });
    const heard = String((transport.input as PassThrough).read())
      .trim()
      .split('\n');
    expect(heard.filter((line) => line === '{"kind":"here"}').length).toBeGreaterThan(10);
  });
});
