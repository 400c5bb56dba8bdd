import { messageOf, SuiteError } from 'sensorsim-shared';
import type { Logger } from '../../observe/log.js';
import type { SafeCallback, SinkRecord } from '../record-sink.js';
import type { KafkaCluster } from './kafka-cluster.js';
import type { ProducerIdentity } from './produce-encoder.js';
import type { SinkHealth } from './sink-health.js';
import {
  createTopic,
  describeTopics,
  missingTopic,
  type NewTopicSettings,
  type TopicState,
} from './topic-directory.js';
import { TopicQueues } from './topic-queues.js';

export interface TopicWatchOptions {
  readonly cluster: KafkaCluster;
  /** How missing topics are made; undefined: they are not. */
  readonly newTopics: NewTopicSettings | undefined;
  readonly health: SinkHealth;
  readonly log: Logger;
  /** Machine time, ms. */
  readonly now: () => number;
  /** A record's partition is known now, or another one than before. */
  readonly requeue: (record: SinkRecord, callback: SafeCallback) => void;
  /** No record of this topic will be taken. */
  readonly refused: (topic: TopicQueues, error: SuiteError) => void;
  /** Leaders are known anew. */
  readonly learned: () => void;
}

const retryMs = 100;
const longestRetryMs = 1_000;
/** How long a topic that was there may be missing before its records are given up: metadata spread slowly. */
const missingToleranceMs = 10_000;

/**
 * Keeps the topics of a sink in step with the cluster: how many partitions there are, which node takes which, and makes
 * those that are missing. Asks when told to, one question at a time, and again until every record has somewhere to go.
 */
export class TopicWatch {
  readonly #options: TopicWatchOptions;
  readonly #topics = new Map<string, TopicQueues>();
  #timer: NodeJS.Timeout | undefined;
  #again = false;
  #failures = 0;
  #stopped = false;
  /** Who partitions that come to be known are written as. */
  producer: ProducerIdentity | undefined;
  /** When the question under way was asked, machine time in ms; undefined: none is. */
  askedAt: number | undefined;
  /** When the cluster last answered, machine time in ms. */
  answeredAt = 0;

  constructor(options: TopicWatchOptions) {
    this.#options = options;
  }

  get topics(): Iterable<TopicQueues> {
    return this.#topics.values();
  }

  /** A topic that is already known by name. */
  find(name: string): TopicQueues | undefined {
    return this.#topics.get(name);
  }

  topic(name: string): TopicQueues {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = new TopicQueues(name);
      this.#topics.set(name, topic);
    }
    return topic;
  }

  /**
   * Asks once, for topics that must be there, and makes those that are missing.
   * @throws {SuiteError} KAFKA_*; retryable also where a topic was only just made
   */
  async open(names: readonly string[]): Promise<void> {
    const { cluster, newTopics } = this.#options;
    const states = await describeTopics(cluster, names);
    let unclear: string | undefined;
    for (const name of names) {
      const state = states.get(name) ?? { kind: 'unclear' };
      if (state.kind === 'refused') {
        throw state.error;
      }
      if (state.kind === 'missing') {
        if (newTopics === undefined) {
          throw missingTopic(name);
        }
        await this.#create(name, newTopics);
      }
      if (state.kind !== 'present') {
        unclear = name;
      }
    }
    if (unclear !== undefined) {
      throw new SuiteError('KAFKA_UNREACHABLE', `Kafka is not ready for the topic ${unclear}`, {
        retryable: true,
      });
    }
    for (const name of names) {
      await this.#apply(this.topic(name), states.get(name) as TopicState);
    }
  }

  /** Asks soon, and once more where a question is under way already. */
  lookUp(delayMs = 0): void {
    if (this.askedAt !== undefined) {
      this.#again = true;
    } else if (this.#timer === undefined && !this.#stopped && this.#topics.size > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.#ask();
      }, delayMs);
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const { cluster, health, now, learned } = this.#options;
    this.askedAt = now();
    this.#again = false;
    try {
      const states = await describeTopics(cluster, [...this.#topics.keys()]);
      health.good();
      this.answeredAt = now();
      for (const topic of this.#topics.values()) {
        await this.#apply(topic, states.get(topic.name) ?? { kind: 'unclear' });
      }
      learned();
      this.#failures = 0;
      this.#again ||= [...this.#topics.values()].some(({ unsettled }) => unsettled);
    } catch (error) {
      health.bad(messageOf(error));
      this.#failures++;
      this.#again = true;
    }
    this.askedAt = undefined;
    if (this.#again) {
      this.lookUp(Math.min(retryMs * 2 ** this.#failures, longestRetryMs));
    }
  }

  /** @throws {SuiteError} the cluster does not answer */
  async #apply(topic: TopicQueues, state: TopicState): Promise<void> {
    if (this.#stopped) {
      return;
    }
    if (state.kind === 'present') {
      topic.learn(state.leaders, this.producer, this.#options.requeue);
    } else if (state.kind === 'refused') {
      this.#options.refused(topic, state.error);
    } else if (state.kind === 'missing') {
      await this.#miss(topic);
    }
  }

  /** A topic does not exist: it is made, or its records are given up. */
  async #miss(topic: TopicQueues): Promise<void> {
    const { newTopics, now, refused } = this.#options;
    if (newTopics === undefined) {
      topic.missingSince ??= now();
      if (topic.partitions.length === 0 || now() - topic.missingSince > missingToleranceMs) {
        refused(topic, missingTopic(topic.name));
      }
      return;
    }
    try {
      await this.#create(topic.name, newTopics);
      this.#again = true;
    } catch (error) {
      if (!(error instanceof SuiteError) || error.retryable) {
        throw error;
      }
      refused(topic, error);
    }
  }

  async #create(name: string, newTopics: NewTopicSettings): Promise<void> {
    await createTopic(this.#options.cluster, name, newTopics);
    this.#options.log.info(
      { topic: name, partitions: newTopics.partitions },
      `created the topic ${name}, which was missing`,
    );
  }
}
