import { loadConfig, type SuiteError } from 'sensorsim-shared';
import { createSink } from '../../packages/gateway/src/forward/index.js';
import { sinkOptions } from '../../packages/gateway/src/forward/options.js';
import type { RecordSink, SinkRecord } from '../../packages/gateway/src/forward/record-sink.js';
import { createLog, type LogStream } from '../../packages/gateway/src/observe/log.js';
import type { Kafka } from '../support/kafka-server.js';

/** What the sink said, for tests that look at it and for those that fail. */
export class LogText implements LogStream {
  text = '';

  write(text: string): void {
    this.text += text;
  }
}

export interface SinkInput {
  readonly kafka: Pick<Kafka, 'bootstrap'>;
  /** Flags of the gateway besides --kafka, by option name. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly topics?: readonly string[];
  readonly log?: LogText;
}

/** The sink that the gateway would have with these flags. */
export function sinkOf({ kafka, flags = {}, topics = [], log = new LogText() }: SinkInput): RecordSink {
  const { values } = loadConfig({
    table: sinkOptions,
    prefix: 'SENSORSIM_GATEWAY',
    flags: { kafka: [kafka.bootstrap], ...flags },
    env: {},
  });
  return createSink(values, {
    gatewayId: 'gateway-1',
    log: createLog({ stream: log, level: 'debug', format: 'text' }),
    topics,
  });
}

export function recordOf(changes: Partial<SinkRecord> = {}): SinkRecord {
  return {
    topic: 'readings',
    key: 'temp-0001',
    value: Buffer.from('21.5'),
    contentType: 'application/json',
    mqttTopic: 'sensors/temperature/temp-0001',
    mqttQos: 1,
    mqttDup: false,
    mqttClientId: 'temp-0001',
    // Of today: Kafka deletes old records, and forgets producers whose last record is old (log.retention.ms,
    // producer.id.expiration.ms), by the records' own time.
    receivedAt: Date.now(),
    ...changes,
  };
}

/** Appends a record; resolves with its error, or with undefined once it is safe. */
export function append(sink: RecordSink, changes: Partial<SinkRecord>): Promise<SuiteError | undefined> {
  return new Promise((resolve) => sink.append(recordOf(changes), resolve));
}

/** Starts a sink, does something with it, and stops it whatever happens. */
export async function withSink<T>(input: SinkInput, work: (sink: RecordSink) => Promise<T>): Promise<T> {
  const sink = sinkOf(input);
  try {
    await sink.start();
    return await work(sink);
  } finally {
    await sink.stop(10_000);
  }
}

/** Waits until something holds; throws with `what` when it does not within `limitMs`. */
export async function until(what: string, holds: () => boolean, limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${limitMs} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
