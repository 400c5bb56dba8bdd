import { Buffer } from 'node:buffer';
import { SuiteError } from 'sensorsim-shared';
import { apiKeys, type Broker } from './kafkajs-internals.js';

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
  /** Time to wait before the next request, ms. */
  readonly throttleMs: number;
}

/** Size, API key and version, correlation id; behind them the client id. */
const fixedHeadBytes = 4 + 2 + 2 + 4 + 2;

/** What stands before the body of a request of this client. */
export function requestHeadBytes(clientId: string): number {
  return fixedHeadBytes + Buffer.byteLength(clientId);
}

export interface ProduceRequestOptions {
  /** A whole request as `ProduceEncoder` makes it, `requestHeadBytes` before its body left free. Not to be changed before the answer. */
  readonly bytes: Buffer;
  readonly clientId: string;
  /** Time for the answer, ms. */
  readonly timeoutMs: number;
}

/**
 * Sends a Produce request in the newest version that the broker knows and we write. The bytes go to the socket as they
 * are: kafkajs would copy them twice, into buffers of twice the size.
 * @throws {SuiteError} KAFKA_UNSUPPORTED: the broker is older than 0.11; what kafkajs throws where no answer comes
 */
export async function sendProduce(
  broker: Broker,
  { bytes, clientId, timeoutMs }: ProduceRequestOptions,
): Promise<readonly PartitionAnswer[]> {
  const apiVersion = Math.min(maxVersion, broker.versions?.[apiKeys.Produce]?.maxVersion ?? 0);
  if (apiVersion < minVersion) {
    throw new SuiteError('KAFKA_UNSUPPORTED', 'this Kafka is older than 0.11 and knows no record headers');
  }
  const connection = await broker.connectionPool.getConnection();
  await connection.authenticate();
  const { socket, requestQueue } = connection;
  if (!connection.isConnected() || socket === undefined) {
    throw new Error('the connection has just been closed');
  }
  const correlationId = connection.nextCorrelationId();
  writeHead(bytes, apiVersion, correlationId, clientId);
  const { payload } = await new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
    requestQueue.push({
      entry: { apiKey: apiKeys.Produce, apiName: 'Produce', apiVersion, correlationId, resolve, reject },
      expectResponse: true,
      requestTimeout: timeoutMs,
      sendRequest: () => {
        socket.write(bytes);
      },
    });
  });
  const { partitions, throttleMs } = decodeAnswer(payload, apiVersion);
  requestQueue.maybeThrottle(throttleMs);
  return partitions;
}

function writeHead(bytes: Buffer, apiVersion: number, correlationId: number, clientId: string): void {
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.writeInt16BE(apiKeys.Produce, 4);
  bytes.writeInt16BE(apiVersion, 6);
  bytes.writeInt32BE(correlationId, 8);
  bytes.writeInt16BE(requestHeadBytes(clientId) - fixedHeadBytes, 12);
  bytes.write(clientId, fixedHeadBytes);
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
  return { partitions, throttleMs: apiVersion >= 6 ? payload.readInt32BE(at) : 0 };
}
