import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionEvent } from 'sensorsim-shared';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RecordedFleet } from '../support/fault-play.js';
import { freePort } from '../support/free-port.js';
import { consumeTopic } from '../support/kafka-console.js';
import { type Kafka, startKafka } from '../support/kafka-server.js';
import { listening, type Running, run, start } from '../support/programs.js';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-several-gateways-'));
const running: Running[] = [];
const stops: (() => Promise<unknown>)[] = [];
let kafka: Kafka;

beforeAll(async () => {
  kafka = await startKafka();
});

afterEach(async () => {
  for (const stop of stops.splice(0)) {
    await stop().catch(() => {});
  }
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

afterAll(async () => {
  await kafka?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A gateway on a port of its own, which it has again when it is started again. */
class GatewayProcess {
  readonly #id: string;
  readonly #topic: string;
  port = 0;
  #process: Running | undefined;

  constructor(id: string, topic: string) {
    this.#id = id;
    this.#topic = topic;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    this.#process = start('sensorsim-gateway', [
      ...['--kafka', kafka.bootstrap, '--topic', this.#topic, '--ack', 'kafka', '--gateway-id', this.#id],
      ...['--listen', this.url, '--http', 'off'],
    ]);
    running.push(this.#process);
    await listening(this.port, this.#process);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#process?.child.kill(signal);
    const ended = await this.#process?.ended;
    expect(ended?.code, ended?.stderr).toBe(signal === 'SIGTERM' ? 143 : null);
  }
}

/** The gateway that each connection of a run began at. */
function firstGateways(directory: string): (string | undefined)[] {
  const lines = readFileSync(join(directory, 'connections.ndjson'), 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as ConnectionEvent);
  return events.filter(({ event }) => event === 'connected').map(({ gateway }) => gateway);
}

/** What the fleets count together. */
function counts(fleets: readonly RecordedFleet[]) {
  const sum = { acknowledged: 0, opened: 0, lost: 0, reconnected: 0 };
  for (const { readings, connections } of fleets.map((fleet) => fleet.summary())) {
    sum.acknowledged += readings.acknowledged;
    sum.opened += connections.opened;
    sum.lost += connections.lost;
    sum.reconnected += connections.reconnected;
  }
  return sum;
}

describe('three gateways to a real Kafka, with devices spread over them', () => {
  it('lose nothing and keep the order of each device when one is killed and the others are replaced', async () => {
    const topic = 'spread';
    const gateways = [1, 2, 3].map((n) => new GatewayProcess(`gateway-${n}`, topic));
    await Promise.all(gateways.map((gateway) => gateway.start()));
    const broker = gateways.map(({ url }) => url);
    // Half of the devices at QoS 1, half at QoS 2.
    const types = ['temperature', 'light'];
    const directories = types.map((type) => join(folder, type));
    const fleets = types.map((type, i) => {
      const flags = { broker, type: [type], count: 30, delay: 100, qos: i + 1, offline: 'queue:1000' };
      return new RecordedFleet(directories[i] as string, flags);
    });
    stops.push(...fleets.map((fleet) => () => fleet.stop()));
    const until = (holds: (now: ReturnType<typeof counts>) => boolean): Promise<unknown> =>
      vi.waitUntil(() => holds(counts(fleets)), { timeout: 60_000, interval: 20 });
    /** All are connected, and have gone on from there. */
    const goOn = async (): Promise<void> => {
      const { acknowledged } = counts(fleets);
      await until((now) => now.reconnected === now.lost && now.acknowledged > acknowledged + 300);
    };

    await until(({ opened }) => opened === 60);
    await goOn();
    for (const [i, gateway] of gateways.entries()) {
      const { lost } = counts(fleets);
      await gateway.end(i === 0 ? 'SIGKILL' : 'SIGTERM');
      await until((now) => now.lost > lost);
      await goOn();
      await gateway.start();
    }
    await Promise.all(fleets.map((fleet) => fleet.stop()));
    const { acknowledged, lost } = counts(fleets);
    // Each gateway had devices when it went, the last one those of others too.
    expect(lost).toBeGreaterThanOrEqual(60);
    await Promise.all(gateways.map((gateway) => gateway.end('SIGTERM')));
    const began = directories.flatMap(firstGateways);
    for (const { url } of gateways) {
      expect(began.filter((at) => at === url).length, url).toBeGreaterThan(8);
    }

    const audit = await run('sensorsim-lab', [
      ...['audit', ...directories, '--kafka', kafka.bootstrap, '--topic', topic, '--json'],
    ]);
    expect(audit.code, audit.stderr).toBe(0);
    const found = JSON.parse(audit.stdout).audit;
    expect(found).toMatchObject({ acknowledged, lost: 0, reordered: 0 });
    expect(found.duplicatedMarked).toBe(found.duplicated);

    // The same by hand, from Kafka's own consumer.
    const records = await consumeTopic(kafka, { topic, expected: found.found + found.duplicated });
    const highest = new Map<string, number>();
    const copies = new Map<string, { all: number; marked: number }>();
    for (const { value, headers } of records) {
      const { id, seq } = JSON.parse(value.toString());
      const seen = copies.get(`${id} ${seq}`) ?? { all: 0, marked: 0 };
      copies.set(`${id} ${seq}`, seen);
      if (seen.all++ === 0) {
        expect(seq, id).toBeGreaterThan(highest.get(id) ?? -1);
        highest.set(id, seq);
      }
      seen.marked += headers['mqtt-dup'] === '1' ? 1 : 0;
    }
    expect(copies.size).toBeGreaterThanOrEqual(acknowledged);
    expect([...copies.values()].every(({ all, marked }) => marked >= all - 1)).toBe(true);
  });
});
