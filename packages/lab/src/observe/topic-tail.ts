import type { EmbeddedTopicReader } from 'sensorsim-gateway';
import { deadLetterSuffix } from 'sensorsim-shared';

/** How often is looked for topics and partitions that were not there before, and for new records, ms. */
const lookMs = 200;

/** Counts what arrives in the topics of a folder, by reading along: not what a gateway says it wrote. */
export class TopicTail {
  readonly #reader: EmbeddedTopicReader;
  readonly #abort = new AbortController();
  readonly #counts: number[] = [];
  #deadLetters = 0;
  readonly #followed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown>[] = [];

  constructor(reader: EmbeddedTopicReader) {
    this.#reader = reader;
  }

  /** Records of readings so far. */
  get records(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The same by partition. */
  get partitions(): readonly number[] {
    return this.#counts;
  }

  get deadLetters(): number {
    return this.#deadLetters;
  }

  start(): void {
    const look = async (): Promise<void> => {
      await this.#look().catch(() => {});
      if (!this.#abort.signal.aborted) {
        this.#timer = setTimeout(look, lookMs);
      }
    };
    this.#running.push(look());
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#running);
  }

  async #look(): Promise<void> {
    for (const topic of await this.#reader.topics()) {
      if (!this.#followed.has(topic)) {
        this.#followed.add(topic);
        for (const { partition } of await this.#reader.partitions(topic)) {
          // What cannot be read along is only not shown; the audit at the end says what is wrong.
          this.#running.push(this.#follow(topic, partition).catch(() => {}));
        }
      }
    }
  }

  async #follow(topic: string, partition: number): Promise<void> {
    const isDeadLetter = topic.endsWith(deadLetterSuffix);
    if (!isDeadLetter) {
      this.#counts[partition] ??= 0;
    }
    const records = this.#reader.read(topic, partition, {
      follow: this.#abort.signal,
      pollIntervalMs: lookMs,
    });
    for await (const _ of records) {
      if (isDeadLetter) {
        this.#deadLetters++;
      } else {
        (this.#counts[partition] as number)++;
      }
    }
  }
}
