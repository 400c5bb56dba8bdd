import { KafkaTopicReader, type TopicRecord } from 'sensorsim-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consumeTopic, produceWithConsole } from '../support/kafka-console.js';
import { type Kafka, startKafka } from '../support/kafka-server.js';
import { append, withSink } from './kafka-sink.fixture.js';

let kafka: Kafka;
let reader: KafkaTopicReader;

beforeAll(async () => {
  // Records of long ago are read back here.
  kafka = await startKafka({ properties: { 'log.retention.ms': '-1' } });
  reader = new KafkaTopicReader({ connection: { brokers: [kafka.bootstrap], clientId: 'test' } });
});

afterAll(async () => {
  await reader?.close();
  await kafka?.stop();
});

async function readAll(topic: string): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  for (const { partition } of await reader.partitions(topic)) {
    for await (const record of reader.read(topic, partition)) {
      records.push(record);
    }
  }
  return records;
}

describe('what the sink writes', () => {
  it.each(['none', 'gzip'])(
    'is read by Kafka’s own consumer as it was, compression %s',
    async (compression) => {
      const topic = `records-${compression}`;
      const receivedAt = 1_700_000_000_123;
      const every256 = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const large = Buffer.alloc(900_000, 'sensor ');
      const outcomes = await withSink({ kafka, topics: [topic], flags: { compression } }, (sink) =>
        Promise.all([
          append(sink, { topic, key: 'plain', receivedAt }),
          append(sink, { topic, key: 'binary', value: every256, mqttQos: 2, mqttDup: true, receivedAt }),
          append(sink, { topic, key: 'empty', value: Buffer.alloc(0) }),
          append(sink, { topic, key: 'large', value: large }),
          append(sink, { topic, key: 'ümläut-✓', mqttTopic: 'sensors/ü/✓' }),
          append(sink, { topic, key: '', error: { code: 'DECODE_EMPTY', detail: 'the payload is empty' } }),
        ]),
      );
      expect(outcomes).toEqual(Array(6).fill(undefined));

      const records = await consumeTopic(kafka, { topic, expected: 6 });
      expect(records).toHaveLength(6);
      const byKey = new Map(records.map((record) => [record.key, record]));
      expect(byKey.get('plain')).toMatchObject({
        timestamp: 1_700_000_000_123,
        value: Buffer.from('21.5'),
        headers: {
          'mqtt-topic': 'sensors/temperature/temp-0001',
          'mqtt-qos': '1',
          'mqtt-dup': '0',
          'mqtt-client-id': 'temp-0001',
          'gateway-id': 'gateway-1',
          'received-at': '1700000000123',
          'content-type': 'application/json',
        },
      });
      expect(Object.keys(byKey.get('plain')!.headers)).toHaveLength(7);
      expect(byKey.get('binary')).toMatchObject({
        value: every256,
        headers: { 'mqtt-qos': '2', 'mqtt-dup': '1' },
      });
      expect(byKey.get('empty')!.value).toHaveLength(0);
      expect(byKey.get('large')!.value.equals(large)).toBe(true);
      expect(byKey.get('ümläut-✓')!.headers['mqtt-topic']).toBe('sensors/ü/✓');
      // The console consumer prints a record without a key as `null`.
      expect(byKey.get('null')!.headers).toMatchObject({
        'error-code': 'DECODE_EMPTY',
        'error-detail': 'the payload is empty',
      });

      const ours = await readAll(topic);
      expect(ours.map(({ key, partition, offset }) => [key || 'null', partition, offset])).toEqual(
        records.map(({ key, partition, offset }) => [key, partition, offset]),
      );
      expect(ours.find(({ key }) => key === 'binary')).toMatchObject({
        value: every256,
        timestamp: 1_700_000_000_123,
        headers: byKey.get('binary')!.headers,
      });
    },
  );

  it('lies in the partitions that the Java client chooses, in order within a key', async () => {
    const keys = Array.from({ length: 40 }, (_, i) => `temp-${String(i).padStart(4, '0')}`);
    const records = Array.from({ length: 5 }, (_, seq) =>
      keys.map((key) => ({ key, value: String(seq) })),
    ).flat();
    await withSink({ kafka, topics: ['by-gateway', 'by-java'] }, async (sink) => {
      await Promise.all(
        records.map(({ key, value }) =>
          append(sink, { topic: 'by-gateway', key, value: Buffer.from(value) }),
        ),
      );
    });
    await produceWithConsole(kafka, { topic: 'by-java', records });
    const ours = await consumeTopic(kafka, { topic: 'by-gateway', expected: records.length });
    const javas = await consumeTopic(kafka, { topic: 'by-java', expected: records.length });
    const partitionsOf = (list: typeof ours) =>
      Object.fromEntries(list.map(({ key, partition }) => [key, partition]));
    expect(partitionsOf(ours)).toEqual(partitionsOf(javas));
    expect(new Set(Object.values(partitionsOf(ours))).size).toBeGreaterThan(1);
    for (const key of keys) {
      const values = ours.filter((record) => record.key === key).map(({ value }) => value.toString());
      expect(values).toEqual(['0', '1', '2', '3', '4']);
    }
  });
});

describe('KafkaTopicReader', () => {
  const topic = 'to-be-read';

  beforeAll(async () => {
    await withSink({ kafka, topics: [topic], flags: { partitions: 2 } }, async (sink) => {
      for (let i = 0; i < 20; i++) {
        await append(sink, { topic, key: 'one', value: Buffer.from(String(i)), receivedAt: 1_000 * i });
      }
    });
  });

  async function values(options: Parameters<KafkaTopicReader['read']>[2]): Promise<string[]> {
    const ranges = await reader.partitions(topic);
    const partition = ranges.findIndex(({ latest }) => latest > 0);
    const found: string[] = [];
    for await (const { value } of reader.read(topic, partition, options)) {
      found.push(Buffer.from(value).toString());
    }
    return found;
  }

  it('lists topics, and what their partitions hold', async () => {
    expect(await reader.topics()).toContain(topic);
    expect((await reader.topics()).filter((name) => name.startsWith('__'))).toEqual([]);
    const ranges = await reader.partitions(topic);
    expect(ranges.map(({ earliest }) => earliest)).toEqual([0, 0]);
    expect(ranges.map(({ latest }) => latest).sort()).toEqual([0, 20]);
  });

  it('reads a range, by offset or by time', async () => {
    expect(await values({ from: 17 })).toEqual(['17', '18', '19']);
    expect(await values({ from: 3, to: 5 })).toEqual(['3', '4']);
    expect(await values({ fromTimestamp: 17_500 })).toEqual(['18', '19']);
    expect(await values({ fromTimestamp: 99_000 })).toEqual([]);
    expect(await values({ from: 20 })).toEqual([]);
  });

  it('says which topics there are when it is asked for another', async () => {
    await expect(reader.partitions('to-be-reat')).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_MISSING',
      message: 'Kafka has no topic to-be-reat',
      hint: expect.stringContaining('to-be-read'),
    });
  });
});
