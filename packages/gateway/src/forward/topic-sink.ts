import { type CutTail, EmbeddedTopicWriter, type EmbeddedTopicWriterOptions } from '../topic/index.js';
import { recordHeaders, recordTimestamp } from './record-headers.js';
import type { RecordSink, SafeCallback, SinkRecord } from './record-sink.js';

export interface TopicSinkOptions extends EmbeddedTopicWriterOptions {
  readonly gatewayId: string;
  /** Told at the start what torn writes of an earlier run were cut off. */
  readonly onCut?: ((cut: CutTail) => void) | undefined;
}

/** Puts records into the embedded topic: safe is fsynced. */
export class TopicSink implements RecordSink {
  readonly name: string;
  readonly #options: TopicSinkOptions;
  readonly #writer: EmbeddedTopicWriter;

  constructor(options: TopicSinkOptions) {
    this.#options = options;
    this.#writer = new EmbeddedTopicWriter(options);
    this.name = `topic ${options.directory}`;
  }

  get pendingRecords(): number {
    return this.#writer.pendingRecords;
  }

  get pendingBytes(): number {
    return this.#writer.pendingBytes;
  }

  get ready(): boolean {
    return this.#writer.ready;
  }

  /** @throws {SuiteError} SINK_LOCKED, TOPIC_CORRUPT, FILE_UNWRITABLE */
  async start(): Promise<void> {
    for (const cut of await this.#writer.start()) {
      this.#options.onCut?.(cut);
    }
  }

  append(record: SinkRecord, done: SafeCallback): void {
    const { topic, key, value } = record;
    const headers = recordHeaders(record, this.#options.gatewayId);
    this.#writer.append(topic, { key, value, headers, timestamp: recordTimestamp(record) }, done);
  }

  stop(timeoutMs: number): Promise<void> {
    return this.#writer.stop(timeoutMs);
  }
}
