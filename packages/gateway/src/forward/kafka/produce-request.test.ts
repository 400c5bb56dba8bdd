import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { Broker } from './kafkajs-internals.js';
import { decodeAnswer, produceRequest } from './produce-request.js';

const require = createRequire(import.meta.url);
const Encoder = require('kafkajs/src/protocol/encoder');

const partitions = [
  { topic: 'a', partition: 3, errorCode: 0 },
  { topic: 'a', partition: 0, errorCode: 10 },
  { topic: 'ü', partition: 12, errorCode: -1 },
];

/** An answer, written with kafkajs's encoder and checked with its decoder. */
async function answerOf(version: number): Promise<Buffer> {
  const encoder = new Encoder().writeInt32(2);
  for (const name of ['a', 'ü']) {
    const entries = partitions.filter(({ topic }) => topic === name);
    encoder.writeString(name).writeInt32(entries.length);
    for (const { partition, errorCode } of entries) {
      encoder.writeInt32(partition).writeInt16(errorCode).writeInt64(1_000).writeInt64(-1);
      if (version >= 5) {
        encoder.writeInt64(7);
      }
    }
  }
  const bytes: Buffer = encoder.writeInt32(250).buffer;
  const theirs = await require(`kafkajs/src/protocol/requests/produce/v${version}/response`).decode(bytes);
  expect(theirs.topics.map(({ topicName }: { topicName: string }) => topicName)).toEqual(['a', 'ü']);
  return bytes;
}

const brokerOf = (maxVersion: number): Broker => ({ versions: { 0: { maxVersion } } }) as unknown as Broker;

describe('produceRequest', () => {
  it.each([3, 4, 5, 6, 7])('reads every partition of an answer of version %d', async (version) => {
    const { partitions: read, clientSideThrottleTime } = decodeAnswer(await answerOf(version), version);
    expect(read).toEqual(partitions);
    // Before version 6 the broker has waited itself.
    expect(clientSideThrottleTime).toBe(version >= 6 ? 250 : 0);
  });

  it('uses the newest version that both sides know, and none before record headers', () => {
    const versionWith = (max: number) => produceRequest(brokerOf(max), Buffer.alloc(0), 1).request.apiVersion;
    expect([3, 5, 7, 13].map(versionWith)).toEqual([3, 5, 7, 7]);
    expect(() => versionWith(2)).toThrow(expect.objectContaining({ code: 'KAFKA_UNSUPPORTED' }));
  });
});
