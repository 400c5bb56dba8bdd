import { machineNow, type SensorSummary } from 'sensorsim-shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerFixture, MemoryRecorder, testOptions, until } from './sensor.fixture.js';
import { Sensor } from './sensor.js';

let broker: BrokerFixture;

beforeEach(async () => {
  broker = new BrokerFixture();
  await broker.start();
});

afterEach(() => broker.stop());

/** Every reading has one fate, and one truth row that says the same. */
function expectAccounted({ readings }: SensorSummary, recorder: MemoryRecorder): void {
  expect(readings.published + readings.skipped + readings.failed).toBe(readings.offered);
  expect(readings.acknowledged).toBeLessThanOrEqual(readings.published);
  const count = (...outcomes: string[]): number =>
    recorder.rows.filter(({ outcome }) => outcomes.includes(outcome)).length;
  expect(recorder.rows.length).toBe(readings.offered);
  expect(new Set(recorder.rows.map(({ id, seq }) => `${id} ${seq}`)).size).toBe(readings.offered);
  expect(count('acknowledged', 'published')).toBe(readings.published);
  expect(count('skipped')).toBe(readings.skipped);
  expect(count('failed')).toBe(readings.failed);
}

describe('sensor', () => {
  it.each([0, 1, 2])('sends each reading once at QoS %i, and knows what was confirmed', async (qos) => {
    const recorder = new MemoryRecorder();
    const options = testOptions({
      port: broker.port,
      type: ['temp', 'light'],
      count: 5,
      delay: 10,
      limit: 200,
      qos,
    });
    const summary = await new Sensor(options, { recorder }).run();
    await until('all have come', () => broker.packets.length >= 200);
    expect(summary.readings).toMatchObject({ offered: 200, published: 200, skipped: 0, failed: 0 });
    expect(summary.readings.acknowledged).toBe(qos === 0 ? 0 : 200);
    expect(summary.connections).toEqual({ opened: 5, failed: 0, lost: 0, reconnected: 0 });
    expectAccounted(summary, recorder);
    const key = ({ id, seq, ts, value }: { id: string; seq: number; ts: number; value: number }): string =>
      `${id} ${seq} ${ts} ${value}`;
    expect(broker.readings().map(key).sort()).toEqual(
      recorder.rows.map(({ valueTrue, ...row }) => key({ ...row, value: valueTrue as number })).sort(),
    );
    expect(broker.packets.every((packet) => packet.qos === qos && packet.topic.endsWith(packet.client))).toBe(
      true,
    );
  });

  it('counts what falls due without a broker as skipped, with the reason, and numbers it', async () => {
    const recorder = new MemoryRecorder();
    const sensor = new Sensor(testOptions({ port: broker.port, delay: 5, qos: 1 }), { recorder });
    const run = sensor.run();
    await until('some are confirmed', () => sensor.snapshot().readings.acknowledged > 10);
    await broker.stop();
    await until('an attempt failed', () => sensor.snapshot().connections.failed > 0);
    await broker.start();
    await until('it is back', () => sensor.snapshot().connections.reconnected === 1);
    const before = sensor.snapshot().readings.acknowledged;
    await until('some more are confirmed', () => sensor.snapshot().readings.acknowledged > before + 10);
    sensor.stop();
    const summary = await run;
    expectAccounted(summary, recorder);
    expect(summary.connections).toMatchObject({ opened: 1, lost: 1, reconnected: 1 });
    expect(new Set(recorder.rows.filter((r) => r.outcome === 'skipped').map((r) => r.reason))).toEqual(
      new Set(['offline']),
    );
    expect(recorder.rows.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(recorder.rows.map((_, i) => i));
    expect(recorder.events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['connected', 'lost', 'failed', 'reconnected', 'closed']),
    );
  });

  it.each([1, 2])(
    'sends again, marked, what was unconfirmed when the connection broke, and counts it once (QoS %i)',
    async (qos) => {
      const recorder = new MemoryRecorder();
      const held: (() => void)[] = [];
      broker.broker.authorizePublish = (_client, _packet, done) => {
        held.push(() => done(null));
      };
      const sensor = new Sensor(testOptions({ port: broker.port, delay: 10, qos, limit: 20, inflight: 5 }), {
        recorder,
      });
      const run = sensor.run();
      await until('the window is full', () => held.length === 5);
      await broker.stop();
      await broker.start();
      const dups: boolean[] = [];
      broker.broker.authorizePublish = (_client, packet, done) => {
        dups.push(packet.dup);
        done(null);
      };
      const summary = await run;
      expectAccounted(summary, recorder);
      expect(dups.slice(0, 5)).toEqual([true, true, true, true, true]);
      expect(dups.slice(5).some(Boolean)).toBe(false);
      expect(summary.readings.acknowledged).toBe(dups.length);
      expect(new Set(broker.readings().map(({ seq }) => seq)).size).toBe(summary.readings.acknowledged);
    },
  );

  it('does not sit out its next attempt when the run ends with readings that wait for a broker', async () => {
    const recorder = new MemoryRecorder();
    const { port } = broker;
    await broker.stop();
    const sensor = new Sensor(testOptions({ port, delay: 10, qos: 1, offline: 'queue:10' }), { recorder });
    const run = sensor.run();
    await until('the next attempt is 4 to 8 s away', () => sensor.snapshot().connections.failed === 5);
    await broker.start();
    const stopped = machineNow();
    sensor.stop();
    const { readings } = await run;
    expect(readings.acknowledged).toBe(10);
    expect((recorder.events.find(({ event }) => event === 'connected')?.at as number) - stopped).toBeLessThan(
      3_000,
    );
  });

  it('keeps the newest readings while there is no broker, under --offline queue:N', async () => {
    const recorder = new MemoryRecorder();
    const { port } = broker;
    await broker.stop();
    const options = testOptions({ port, delay: 5, limit: 60, qos: 1, offline: 'queue:8' });
    const sensor = new Sensor(options, { recorder });
    const run = sensor.run();
    await until('many were crowded out', () => sensor.snapshot().readings.skipped > 20);
    await broker.start();
    const summary = await run;
    expectAccounted(summary, recorder);
    const skipped = recorder.rows.filter(({ outcome }) => outcome === 'skipped');
    expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['queue-full']));
    expect(summary.readings.acknowledged).toBe(60 - skipped.length);
    // The oldest went: what was skipped comes before what was sent.
    expect(skipped.map(({ seq }) => seq)).toEqual(skipped.map((_, i) => i));
    expect(broker.readings().map(({ seq }) => seq)).toEqual(
      Array.from({ length: 60 - skipped.length }, (_, i) => i + skipped.length),
    );
  });

  it('lets a bounded number wait for a broker that does not confirm, skips the rest as busy, ends in time', async () => {
    const recorder = new MemoryRecorder();
    broker.broker.authorizePublish = () => {};
    const options = testOptions({ port: broker.port, delay: 5, qos: 1, inflight: 3, waiting: 4 });
    const sensor = new Sensor(options, { recorder, closeTimeoutMs: 50 });
    const run = sensor.run();
    await until('some are skipped', () => sensor.snapshot().readings.skipped > 5);
    expect(sensor.snapshot().inFlight).toBe(7);
    sensor.stop();
    const summary = await run;
    expectAccounted(summary, recorder);
    expect(summary.readings).toMatchObject({ published: 0, acknowledged: 0, failed: 3 });
    const reasons = sensor.snapshot().reasons;
    expect(reasons).toMatchObject({ unconfirmed: 3, stopped: 4 });
    expect(reasons.busy).toBe(summary.readings.skipped - 4);
  });

  it('waits for the broker under the virtual clock and gives the same truth each time', async () => {
    const flags = {
      port: broker.port,
      count: 20,
      delay: 1_000,
      limit: 3_000,
      qos: 1,
      inflight: 4,
      clock: 'virtual',
    };
    const runs = [new MemoryRecorder(), new MemoryRecorder()];
    for (const recorder of runs) {
      const summary = await new Sensor(testOptions(flags), { recorder }).run();
      expect(summary.readings).toMatchObject({ offered: 3_000, acknowledged: 3_000, skipped: 0, failed: 0 });
      expect(summary.latencyMs).toBeNull();
    }
    expect(runs[0]?.rows).toEqual(runs[1]?.rows);
    expect(runs.map(({ events }) => events)).toEqual([[], []]);
    expect(runs[0]?.rows.map(({ ts }) => ts)).toEqual(
      runs[0]?.rows.map(({ ts }) => ts).sort((a, b) => a - b),
    );
  });

  it('says what to do when credentials are refused, at once', async () => {
    broker.broker.authenticate = (_client, username, password, done) => {
      const ok = username === 'lab' && password?.toString() === 'secret';
      done(ok ? null : Object.assign(new Error('no'), { returnCode: 4 }), ok);
    };
    const refused = new Sensor(testOptions({ port: broker.port, username: 'lab', password: 'wrong' })).run();
    await expect(refused).rejects.toMatchObject({
      code: 'SENSOR_REFUSED',
      exitCode: 3,
      message: expect.stringContaining('--password'),
    });
    const accepted = new Sensor(
      testOptions({ port: broker.port, username: 'lab', password: 'secret', limit: 1, qos: 1 }),
    ).run();
    expect((await accepted).readings.acknowledged).toBe(1);
  });

  it('names the other version when the broker does not speak ours', async () => {
    await expect(
      new Sensor(testOptions({ port: broker.port, mqttVersion: '5' })).run(),
    ).rejects.toMatchObject({
      code: 'SENSOR_REFUSED',
      message: expect.stringContaining('-V 3.1.1'),
    });
  });

  it('gives up after --give-up without a connection', async () => {
    const { port } = broker;
    await broker.stop();
    const said: string[] = [];
    const sensor = new Sensor(testOptions({ port, giveUp: 100 }), { log: (line) => said.push(line) });
    await expect(sensor.run()).rejects.toMatchObject({ code: 'SENSOR_GAVE_UP', exitCode: 3 });
    expect(said.join('\n')).toContain('Is a broker running there?');
  });

  it('has not done its work when a limited run never reached anyone', async () => {
    const { port } = broker;
    await broker.stop();
    const sensor = new Sensor(testOptions({ port, limit: 3, delay: 1 }));
    await expect(sensor.run()).rejects.toMatchObject({ code: 'SENSOR_UNREACHABLE', exitCode: 3 });
    expect(sensor.summary().readings).toMatchObject({ offered: 3, skipped: 3 });
  });

  it('tells its state on a retained topic, and by its will', async () => {
    const options = testOptions({
      port: broker.port,
      statusTopic: 'status/{client}',
      limit: 1,
      qos: 1,
      retain: true,
    });
    await new Sensor(options).run();
    const status = broker.packets.filter(({ topic }) => topic === 'status/temp-0001');
    expect(status.map(({ payload, retain }) => [payload.toString(), retain])).toEqual([
      ['online', true],
      ['offline', true],
    ]);
    expect(
      broker.packets.filter(({ topic }) => topic.startsWith('sensors/')).map(({ retain }) => retain),
    ).toEqual([true]);
  });

  it('shares connections and fills templates', async () => {
    const options = testOptions({
      port: broker.port,
      count: 4,
      connections: 2,
      topic: 'sensors/%c/%i/{room}/{n}',
      limit: 4,
      delay: 10,
      qos: 1,
    });
    const summary = await new Sensor(options).run();
    expect(summary.connections.opened).toBe(2);
    expect(broker.packets.map(({ topic }) => topic).sort()).toEqual([
      'sensors/sensorsim-1/1/room-1/0001',
      'sensors/sensorsim-1/3/room-1/0003',
      'sensors/sensorsim-2/2/room-1/0002',
      'sensors/sensorsim-2/4/room-1/0004',
    ]);
  });

  it('lives faster on a scaled clock', async () => {
    const options = testOptions({
      port: broker.port,
      clock: '100x',
      start: '2026-03-01T00:00:00Z',
      delay: 1_000,
      duration: 20_000,
      qos: 1,
    });
    const started = performance.now();
    const summary = await new Sensor(options).run();
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(summary).toMatchObject({ durationMs: 20_000, readings: { offered: 20, acknowledged: 20 } });
    expect(broker.readings()[0]?.ts).toBe(Date.UTC(2026, 2, 1));
    expect(broker.readings()[19]?.ts).toBe(Date.UTC(2026, 2, 1) + 19_000);
  });
});
