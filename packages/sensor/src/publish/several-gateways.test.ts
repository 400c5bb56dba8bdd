import { createServer, type Server } from 'node:net';
import { RunningClock } from 'sensorsim-shared';
import { afterEach, describe, expect, it } from 'vitest';
import { SocketConnector } from '../pattern/drive/socket-connector.js';
import { BrokerFixture, MemoryRecorder, type TestPacket, testOptions, until } from '../sensor.fixture.js';
import { Sensor } from '../sensor.js';
import { brokerAddresses } from './broker-address.js';

const brokers: BrokerFixture[] = [];
const sensors: Sensor[] = [];
let runs: Promise<unknown>[] = [];

afterEach(async () => {
  for (const sensor of sensors.splice(0)) {
    sensor.stop();
  }
  await Promise.allSettled(runs);
  runs = [];
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

async function startBrokers(count: number): Promise<BrokerFixture[]> {
  for (let i = 0; i < count; i++) {
    const broker = new BrokerFixture();
    await broker.start();
    brokers.push(broker);
  }
  return brokers;
}

const urlOf = ({ port }: { port: number }): string => `mqtt://127.0.0.1:${port}`;

function startSensor(flags: Record<string, unknown>, lines: string[] = []) {
  const recorder = new MemoryRecorder();
  const sensor = new Sensor(testOptions(flags), {
    recorder,
    log: (line) => lines.push(line),
  });
  sensors.push(sensor);
  const run = sensor.run();
  runs.push(run);
  run.catch(() => {});
  return { sensor, recorder, run };
}

const devicesAt = ({ packets }: BrokerFixture): Set<string> => new Set(packets.map(({ client }) => client));
const seqOf = ({ payload }: TestPacket): number => JSON.parse(payload.toString()).seq;
const arrivals = (packets: readonly TestPacket[]): string[] =>
  packets.map((packet) => `${seqOf(packet)}${packet.dup ? ' again' : ''}`);

describe('a fleet with several gateways', () => {
  it('is spread over them, each device at one, and says which', async () => {
    const [a, b, c] = (await startBrokers(3)) as [BrokerFixture, BrokerFixture, BrokerFixture];
    const broker = [urlOf(a), urlOf(b), urlOf(c)];
    const { recorder, run } = startSensor({ broker, count: 60, delay: 50, limit: 240, qos: 1 });
    const summary = await run;
    expect(summary.readings).toMatchObject({ acknowledged: 240, skipped: 0 });
    expect(summary.connections).toEqual({ opened: 60, failed: 0, lost: 0, reconnected: 0 });
    const shares = brokers.map(devicesAt);
    expect(shares.reduce((sum, { size }) => sum + size, 0)).toBe(60);
    for (const share of shares) {
      expect(share.size).toBeGreaterThan(8);
    }
    for (const { event, connection, gateway } of recorder.events) {
      if (event === 'connected') {
        const at = broker.indexOf(gateway as string);
        expect(shares[at]?.has(connection)).toBe(true);
      }
    }
  }, 20_000);

  it.each([1, 2])(
    'takes what a lost gateway did not confirm to the next one first, in order and marked, at QoS %i',
    async (qos) => {
      await startBrokers(2);
      const flags = { broker: brokers.map(urlOf), delay: 10, qos, inflight: 5, offline: 'queue:1000' };
      // Whichever is the device's: it takes five and confirms none.
      for (const { broker } of brokers) {
        broker.authorizePublish = (_client, packet, done) => {
          if (seqOf(packet) < 5) {
            done(null);
          }
        };
      }
      const { sensor, run } = startSensor(flags);
      await until('the window is full', () => {
        const { inFlight, readings } = sensor.snapshot();
        return inFlight >= 6 && readings.acknowledged === 5;
      });
      const [own, other] = brokers[0]?.packets.length ? brokers : [...brokers].reverse();
      expect(own?.packets).toHaveLength(5);
      const came: TestPacket[] = [];
      (other as BrokerFixture).broker.authorizePublish = (_client, packet, done) => {
        came.push({ ...packet, payload: Buffer.from(packet.payload) });
        done(null);
      };
      const leftAt = performance.now();
      await own?.stop();
      await until('newer ones come', () => came.length > 20);
      // Without the pause that one gateway alone would have had.
      expect(performance.now() - leftAt).toBeLessThan(500);
      sensor.stop();
      await run;
      expect(arrivals(came).slice(0, 7)).toEqual([
        '5 again',
        '6 again',
        '7 again',
        '8 again',
        '9 again',
        '10',
        '11',
      ]);
      expect(came.map(seqOf)).toEqual(came.map((_, i) => i + 5));
    },
  );

  it('finishes at the next gateway what it had begun at QoS 2: PUBREL without its PUBLISH is answered', async () => {
    await startBrokers(2);
    const { sensor, run } = startSensor({
      broker: brokers.map(urlOf),
      delay: 5,
      qos: 2,
      inflight: 10,
      offline: 'queue:1000',
    });
    await until('some are confirmed', () => sensor.snapshot().readings.acknowledged > 50);
    const own = brokers.find(({ packets }) => packets.length > 0) as BrokerFixture;
    const { acknowledged } = sensor.snapshot().readings;
    await own.stop();
    await until('more are', () => sensor.snapshot().readings.acknowledged > acknowledged + 50);
    sensor.stop();
    const { readings } = await run;
    expect(readings.failed).toBe(0);
    const seqs = new Set(brokers.flatMap(({ packets }) => packets.map(seqOf)));
    expect(seqs.size).toBe(readings.published);
  });

  it('returns to its gateway when the one that it went to is lost', async () => {
    await startBrokers(2);
    const { sensor, recorder } = startSensor({ broker: brokers.map(urlOf), delay: 5, qos: 1 });
    await until('it is connected', () => sensor.snapshot().connections.opened === 1);
    const gatewayOf = (): string => recorder.events.at(-1)?.gateway ?? '';
    const best = gatewayOf();
    const at = (url: string): BrokerFixture => brokers.find((one) => urlOf(one) === url) as BrokerFixture;
    await until('it has stood', () => sensor.snapshot().readings.acknowledged > 250);
    await at(best).stop();
    await until('it moves', () => sensor.snapshot().connections.reconnected === 1);
    expect(gatewayOf()).not.toBe(best);
    await at(best).start();
    await at(gatewayOf()).stop();
    await until('it is back', () => sensor.snapshot().connections.reconnected === 2);
    expect(gatewayOf()).toBe(best);
  });

  it.each([1, 2])(
    'goes back to its gateway without sending anything twice, skipped or out of order, at QoS %i',
    async (qos) => {
      await startBrokers(2);
      const flags = { broker: brokers.map(urlOf), count: 8, delay: 25, qos, rebalance: '1s' };
      const { sensor, recorder, run } = startSensor(flags);
      await until('all are connected', () => sensor.snapshot().connections.opened === 8);
      const [away, other] = brokers as [BrokerFixture, BrokerFixture];
      const own = recorder.events.filter(({ gateway }) => gateway === urlOf(away)).length;
      expect(own).toBeGreaterThan(0);
      await away.stop();
      await until('they have gone', () => sensor.snapshot().connections.reconnected === own);
      // Nobody goes for a gateway that does not answer.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(sensor.snapshot().connections).toMatchObject({ reconnected: own, failed: 0 });
      await away.start();
      await until('they are back', () => sensor.snapshot().connections.reconnected === 2 * own);
      const { lost, skipped } = { ...sensor.snapshot().connections, ...sensor.snapshot().readings };
      const { acknowledged } = sensor.snapshot().readings;
      await until('all go on', () => sensor.snapshot().readings.acknowledged > acknowledged + 100);
      sensor.stop();
      const summary = await run;
      // What the loss cost; the way back cost nothing.
      expect(summary.connections.lost).toBe(lost);
      expect(summary.connections.lost).toBe(own);
      expect(summary.readings.skipped).toBe(skipped);
      const back = recorder.events.filter(({ event }) => event === 'reconnected').slice(-own);
      expect(new Set(back.map(({ gateway }) => gateway))).toEqual(new Set([urlOf(away)]));
      for (const { connection } of back) {
        const left = other.packets.filter(({ client }) => client === connection).map(seqOf);
        const came = away.packets.filter(({ client }) => client === connection);
        const after = came.map(seqOf).filter((seq) => seq > (left.at(-1) as number));
        expect(after[0]).toBe((left.at(-1) as number) + 1);
        expect(after).toEqual(after.map((_, i) => (after[0] as number) + i));
      }
    },
    20_000,
  );

  it('begins with those that are there, says once which is not, and goes on to refuse in the end', async () => {
    await startBrokers(1);
    const away = await new Promise<Server>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
    });
    const { port } = away.address() as { port: number };
    await new Promise((resolve) => away.close(resolve));
    const lines: string[] = [];
    const [there] = brokers as [BrokerFixture];
    const broker = [`mqtt://127.0.0.1:${port}`, urlOf(there)];
    const summary = await startSensor({ broker, count: 20, delay: 50, limit: 40, qos: 1 }, lines).run;
    expect(summary.readings).toMatchObject({ acknowledged: 40, skipped: 0 });
    expect(devicesAt(there).size).toBe(20);
    expect(summary.connections.failed).toBeGreaterThan(3);
    expect(lines).toEqual([
      `cannot reach mqtt://127.0.0.1:${port}: connection refused; its connections go to others`,
    ]);

    // Every gateway that there is refuses it: that is no question of which.
    there.broker.authenticate = (_client, _user, _password, done) =>
      done(Object.assign(new Error('no'), { returnCode: 5 }), false);
    await expect(startSensor({ broker, delay: 50, limit: 4 }).run).rejects.toMatchObject({
      code: 'SENSOR_REFUSED',
      message: expect.stringContaining(urlOf(there)),
    });
  });

  it('takes connections of patterns to the gateway of the device whose name they use, and with it to another', async () => {
    const [a, b] = (await startBrokers(2)) as [BrokerFixture, BrokerFixture];
    const broker = [urlOf(a), urlOf(b)];
    const { recorder, run } = startSensor({ broker, count: 20, delay: 50, limit: 20 });
    await run;
    const devices = recorder.events
      .filter(({ event }) => event === 'connected')
      .map(({ connection, gateway }) => `${connection} at ${gateway}`);

    const came: string[] = [];
    for (const one of brokers) {
      one.broker.on('client', ({ id }) => came.push(`${id} at ${urlOf(one)}`));
    }
    const connector = new SocketConnector({
      addresses: brokerAddresses(testOptions({ broker })),
      tls: {},
      insecure: false,
      machine: new RunningClock(),
    });
    const open = (clientId: string): Promise<string> =>
      new Promise((closed) => {
        const connection = connector.open(
          clientId,
          { opened: () => connection.connect({ clientId, keepaliveSeconds: 0 }), closed },
          { label: { cause: 'attack', type: 'x', intervals: [] }, message: () => {}, connection: () => {} },
        );
      });
    for (const { connection } of recorder.events.filter(({ event }) => event === 'connected')) {
      void open(connection);
    }
    await until('all have come', () => came.length === 20);
    expect([...came].sort()).toEqual(devices.sort());

    await a.stop();
    const [moved] = devices.filter((device) => device.endsWith(urlOf(a))) as [string];
    const id = moved.split(' ')[0] as string;
    expect(await open(id)).toBe('connection refused');
    void open(id);
    await until('it has come to the other', () => came.at(-1) === `${id} at ${urlOf(b)}`);
    await connector.stop();
  });
});
