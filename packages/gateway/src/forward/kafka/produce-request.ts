import { SuiteError } from 'sensorsim-shared';
import { apiKeys, type Broker, type ProtocolRequest } from './kafkajs-internals.js';

/** The versions whose requests are the same: from record batches (0.11) on; the answers differ a little. */
const minVersion = 3;
const maxVersion = 7;

/** What a broker says of a batch. */
export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  /** 0: it is safe. */
  readonly errorCode: number;
}

interface ProduceAnswer {
  readonly partitions: readonly PartitionAnswer[];
  /** Read by kafkajs, which then waits before it sends the next request (KIP-219). */
  readonly clientSideThrottleTime: number;
}

/**
 * A Produce request in the newest version that the broker knows and we write.
 * @param body as `ProduceEncoder` makes it
 * @throws {SuiteError} KAFKA_UNSUPPORTED: the broker is older than 0.11
 */
export function produceRequest(
  broker: Broker,
  body: Buffer,
  requestTimeout: number,
): ProtocolRequest<readonly PartitionAnswer[]> {
  const apiVersion = Math.min(maxVersion, broker.versions?.[apiKeys.Produce]?.maxVersion ?? 0);
  if (apiVersion < minVersion) {
    throw new SuiteError('KAFKA_UNSUPPORTED', 'this Kafka is older than 0.11 and knows no record headers');
  }
  return {
    request: {
      apiKey: apiKeys.Produce,
      apiVersion,
      apiName: 'Produce',
      encode: async () => ({ buf: body, buffer: body }),
    },
    response: {
      decode: async (payload) => decodeAnswer(payload, apiVersion),
      parse: async ({ partitions }: ProduceAnswer) => partitions,
    },
    requestTimeout,
  };
}

/** By hand: kafkajs makes an error of the first partition that failed, and forgets the others. */
export function decodeAnswer(payload: Buffer, apiVersion: number): ProduceAnswer {
  // Base offset and append time, from version 5 on the log's start offset.
  const skipped = apiVersion >= 5 ? 24 : 16;
  const partitions: PartitionAnswer[] = [];
  let at = 4;
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    const length = payload.readInt16BE(at);
    const topic = payload.toString('utf8', at + 2, at + 2 + length);
    at += 2 + length;
    const end = payload.readInt32BE(at);
    at += 4;
    for (let i = 0; i < end; i++, at += 6 + skipped) {
      partitions.push({ topic, partition: payload.readInt32BE(at), errorCode: payload.readInt16BE(at + 4) });
    }
  }
  return { partitions, clientSideThrottleTime: apiVersion >= 6 ? payload.readInt32BE(at) : 0 };
}
