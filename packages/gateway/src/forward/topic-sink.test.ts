import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EmbeddedTopicReader } from '../topic/index.js';
import { murmur2Partition } from './partitioner.js';
import type { SinkRecord } from './record-sink.js';
import { TopicSink } from './topic-sink.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'topic-sink-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const record: SinkRecord = {
  topic: 'sensor-readings',
  key: 'temp-0001',
  value: Uint8Array.of(1, 2, 3),
  contentType: 'application/json',
  mqttTopic: 'sensors/temperature/temp-0001',
  mqttQos: 2,
  mqttDup: true,
  mqttClientId: 'client',
  receivedAt: 1_700_000_000_000.75,
};

it('puts a record under its key, with the headers of a Kafka record, and reports what it cut off', async () => {
  const cuts: unknown[] = [];
  const first = new TopicSink({ directory, gatewayId: 'gw' });
  expect(first.ready).toBe(false);
  await first.start();
  expect(first.ready).toBe(true);
  await new Promise<void>((resolve, reject) => {
    first.append(record, (error) => (error === undefined ? resolve() : reject(error)));
    expect(first.pendingRecords).toBe(1);
  });
  expect(first.pendingRecords).toBe(0);
  await first.stop(1_000);
  expect(first.ready).toBe(false);

  const partition = murmur2Partition('temp-0001', 4);
  const folder = join(directory, 'sensor-readings', String(partition));
  appendFileSync(join(folder, readdirSync(folder)[0] as string), 'torn');
  const second = new TopicSink({ directory, gatewayId: 'gw', onCut: (cut) => cuts.push(cut) });
  await second.start();
  await second.stop(0);
  expect(cuts).toMatchObject([{ bytes: 4, offset: 1 }]);

  const records = [];
  for await (const one of new EmbeddedTopicReader(directory).read('sensor-readings', partition)) {
    records.push(one);
  }
  expect(records).toEqual([
    {
      topic: 'sensor-readings',
      partition,
      offset: 0,
      timestamp: 1_700_000_000_000,
      key: 'temp-0001',
      value: Uint8Array.of(1, 2, 3),
      headers: {
        'mqtt-topic': 'sensors/temperature/temp-0001',
        'mqtt-qos': '2',
        'mqtt-dup': '1',
        'mqtt-client-id': 'client',
        'gateway-id': 'gw',
        'received-at': '1700000000000',
        'content-type': 'application/json',
      },
    },
  ]);
});
