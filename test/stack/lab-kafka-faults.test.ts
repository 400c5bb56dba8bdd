import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditRuns, GatewayHost, Link, openRun } from 'sensorsim-lab';
import type { SensorSummary } from 'sensorsim-shared';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KafkaTopicSource } from '../../packages/lab/src/audit/kafka-topic-source.js';
import { gatewaySettings, playFaults, RecordedFleet } from '../support/fault-play.js';
import { type Kafka, startKafka } from '../support/kafka-server.js';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-kafka-faults-'));
const gatewayId = 'behind-a-relay';
let kafka: Kafka;
let relay: Link;
let host: GatewayHost;
let fleet: RecordedFleet | undefined;
let options: ReturnType<typeof gatewaySettings>;

beforeAll(async () => {
  // With TLS, so that certificates are checked as if there were no relay.
  kafka = await startKafka({ security: 'tls', partitions: 2 });
  relay = new Link('named-by-client', () => 0.5);
  await relay.start();
  options = gatewaySettings({
    listen: ['mqtt://127.0.0.1:0'],
    http: 'off',
    kafka: [kafka.bootstrap],
    kafkaCa: join(kafka.dir, 'ca.pem'),
    spool: join(folder, 'spool'),
    ephemeral: true,
    hold: 200,
    gatewayId,
    logLevel: 'error',
  });
  host = new GatewayHost({ gateway: options, kafkaRelayPort: relay.port, reportMs: 50 });
  await host.start();
  const broker = [`mqtt://127.0.0.1:${host.mqttPort}`];
  fleet = new RecordedFleet(join(folder, 'run'), { count: 6, delay: 20, qos: 1, broker });
  await vi.waitUntil(() => host.summary().forwarded > 20, { timeout: 20_000 });
});

afterAll(async () => {
  await fleet?.stop();
  await host?.stop();
  await relay?.stop();
  await kafka?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const play = (faults: Record<string, Record<string, unknown>>, meanwhile: () => Promise<void>) =>
  playFaults({
    stage: { host, link: undefined, kafka: relay },
    faults,
    meanwhile,
    limitMs: 30_000,
  });

describe('faults of a real Kafka, played upon the connections of the gateway', () => {
  it('reach it through the relay alone', () => {
    expect(relay.connections).toBeGreaterThan(0);
  });

  it.each(['kafka.away', 'kafka.hang'])(
    'keep it from the gateway (%s), which serves devices from its spool',
    async (name) => {
      const { pid } = kafka;
      const { acknowledged } = host.summary();
      await play({ [name]: {} }, async () => {
        await expect
          .poll(() => host.status()?.snapshot.spool?.records ?? 0, { timeout: 20_000 })
          .toBeGreaterThan(50);
        expect(host.summary().acknowledged).toBeGreaterThan(acknowledged);
      });
      expect(kafka.pid).toBe(pid);
    },
  );

  it('make the way to it longer', async () => {
    await play({ 'kafka.slow': { latency: 60, bandwidth: '1M' } }, async () => {
      const { forwarded } = host.summary();
      await expect.poll(() => host.summary().forwarded, { timeout: 20_000 }).toBeGreaterThan(forwarded + 50);
    });
  });

  it('lose nothing, also where the gateway dies meanwhile and is started without its Kafka', async () => {
    await play({ 'kafka.away': {}, 'gateway.kill': {} }, async () => {});
    const sensors = (await fleet?.stop()) as SensorSummary;
    fleet = undefined;
    expect(await host.stop()).toMatchObject({ spooled: { records: 0 } });
    const source = new KafkaTopicSource(options, Date.now() - 600_000.5);
    const { findings } = await auditRuns({
      runs: [await openRun(join(folder, 'run'))],
      source,
      topics: ['sensor-readings'],
      gatewayId,
    });
    await source.close();
    expect(findings).toMatchObject({ acknowledged: sensors.readings.acknowledged, lost: 0 });
  });
});
