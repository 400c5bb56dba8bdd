import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Broker, RequestQueue } from './kafkajs-internals.js';
import { decodeAnswer, requestHeadBytes, sendProduce } from './produce-request.js';

const require = createRequire(import.meta.url);
const Encoder = require('kafkajs/src/protocol/encoder');
const createRequest = require('kafkajs/src/protocol/request');

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

/** A broker whose one connection answers by hand. */
function brokerOf(maxVersion: number) {
  const written: Buffer[] = [];
  const throttled: number[] = [];
  let answer: (payload: Buffer) => void = () => {};
  const connection = {
    socket: { write: (bytes: Buffer) => written.push(Buffer.from(bytes)) },
    requestQueue: {
      push: ({ entry, sendRequest }: Parameters<RequestQueue['push']>[0]) => {
        answer = (payload) => entry.resolve({ payload });
        sendRequest();
      },
      maybeThrottle: (ms: number) => throttled.push(ms),
    },
    isConnected: () => true,
    authenticate: async () => {},
    nextCorrelationId: () => 77,
  };
  const broker = {
    versions: { 0: { maxVersion } },
    connectionPool: { getConnection: async () => connection },
  } as unknown as Broker;
  return { broker, written, throttled, answer: (payload: Buffer) => answer(payload) };
}

describe('sendProduce', () => {
  it.each([3, 4, 5, 6, 7])('reads every partition of an answer of version %d', async (version) => {
    const { partitions: read, throttleMs } = decodeAnswer(await answerOf(version), version);
    expect(read).toEqual(partitions);
    // Before version 6 the broker has waited itself.
    expect(throttleMs).toBe(version >= 6 ? 250 : 0);
  });

  it('writes the head that kafkajs would, in the newest version that both sides know', async () => {
    const clientId = 'gateway-ü';
    for (const [known, apiVersion] of [
      [3, 3],
      [5, 5],
      [13, 7],
    ] as const) {
      const body = Buffer.from('body');
      const bytes = Buffer.concat([Buffer.alloc(requestHeadBytes(clientId)), body]);
      const { broker, written, throttled, answer } = brokerOf(known);
      const outcome = sendProduce(broker, { bytes, clientId, timeoutMs: 1 });
      await turn();
      const encode = async () => new Encoder().writeBuffer(body);
      const request = { apiKey: 0, apiVersion, encode };
      const theirs = await createRequest({ request, correlationId: 77, clientId });
      expect(written).toEqual([theirs.buffer]);
      answer(await answerOf(apiVersion));
      expect(await outcome).toEqual(partitions);
      expect(throttled).toEqual([apiVersion >= 6 ? 250 : 0]);
    }
  });

  it('has no version for a broker without record headers', async () => {
    const { broker } = brokerOf(2);
    await expect(
      sendProduce(broker, { bytes: Buffer.alloc(40), clientId: 'c', timeoutMs: 1 }),
    ).rejects.toMatchObject({
      code: 'KAFKA_UNSUPPORTED',
    });
  });
});
