import { SuiteError } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { murmur2Partition } from '../partitioner.js';
import type { SafeCallback, SinkRecord } from '../record-sink.js';
import { recordOf } from './record.fixture.js';
import { TopicQueues } from './topic-queues.js';

const keys = Array.from({ length: 50 }, (_, i) => `temp-${i}`);

/** A topic and a way to queue records in it. */
function topicOf() {
  const topic = new TopicQueues('t');
  const queue = (record: SinkRecord, callback: SafeCallback) =>
    topic.queueOf(record.key).push(record, callback);
  return { topic, queue, learn: (leaders: number[]) => topic.learn(leaders, undefined, queue) };
}

/** The keys in each partition. */
const keysIn = (topic: TopicQueues) => topic.partitions.map(({ records }) => records.map(({ key }) => key));

const expected = (partitions: number) =>
  Array.from({ length: partitions }, (_, p) => keys.filter((key) => murmur2Partition(key, partitions) === p));

describe('TopicQueues', () => {
  it('keeps what comes before the partitions are known, and deals it out in order', () => {
    const { topic, queue, learn } = topicOf();
    keys.forEach((key) => {
      queue(recordOf({ key }), () => {});
    });
    expect(topic.unsettled).toBe(true);
    learn([1, 2, 1]);
    expect(topic.unsettled).toBe(false);
    expect(keysIn(topic)).toEqual(expected(3));
    expect(topic.partitions.map(({ leader }) => leader)).toEqual([1, 2, 1]);
  });

  it('keeps the queues of partitions over a change of leaders', () => {
    const { topic, queue, learn } = topicOf();
    learn([1, 1]);
    queue(recordOf(), () => {});
    const before = [...topic.partitions];
    learn([2, -1, 2]);
    expect(topic.partitions.slice(0, 2)).toEqual(before);
    expect(topic.partitions.map(({ leader }) => leader)).toEqual([2, -1, 2]);
  });

  it('moves the records of partitions that are gone', () => {
    const { topic, queue, learn } = topicOf();
    learn([1, 1, 1, 1, 1]);
    keys.forEach((key) => {
      queue(recordOf({ key }), () => {});
    });
    learn([1, 1]);
    expect(keysIn(topic).flat().sort()).toEqual([...keys].sort());
  });

  it('refuses what comes for a while', () => {
    const { topic, queue, learn } = topicOf();
    learn([1]);
    queue(recordOf(), () => {});
    const error = new SuiteError('KAFKA_NOT_AUTHORIZED', 'no');
    const settled = topic.refuse(error, 100).filter(({ records }) => records.length > 0);
    expect(settled).toMatchObject([{ error, records: [{ key: 'temp-0001' }] }]);
    expect(topic.refusedAt(() => 100)).toBe(error);
    expect(topic.refusedAt(() => 101)).toBeUndefined();
  });
});
