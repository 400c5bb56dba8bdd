import type { SuiteError } from 'sensorsim-shared';
import { murmur2Partition } from '../partitioner.js';
import type { SafeCallback, SinkRecord } from '../record-sink.js';
import { PartitionQueue, type Settled } from './partition-queue.js';
import type { ProducerIdentity } from './produce-encoder.js';

/** The records of one topic: a queue a partition, and one for what came before the partitions were known. */
export class TopicQueues {
  readonly name: string;
  /** Empty until the cluster has said how many there are. */
  partitions: readonly PartitionQueue[] = [];
  /** Since when the cluster says that there is no such topic, machine time in ms; undefined: it did not. */
  missingSince: number | undefined;
  readonly #waiting: PartitionQueue;
  #refusal: { readonly error: SuiteError; readonly until: number } | undefined;

  constructor(name: string) {
    this.name = name;
    this.#waiting = new PartitionQueue(name, -1, undefined);
  }

  /** Whether records wait for the cluster to say where they go. */
  get unsettled(): boolean {
    return (
      this.#waiting.records.length > 0 ||
      this.partitions.some((queue) => queue.leader < 0 && queue.records.length > 0)
    );
  }

  /** The queue that a record goes to, as Kafka's Java client chooses it. */
  queueOf(key: string): PartitionQueue {
    const { length } = this.partitions;
    return length === 0 ? this.#waiting : (this.partitions[murmur2Partition(key, length)] as PartitionQueue);
  }

  /**
   * Takes over what the cluster says: the node of each partition. Records that waited, or whose partition is gone because
   * the topic was made anew with fewer, are handed to `requeue` in their order.
   */
  learn(
    leaders: readonly number[],
    producer: ProducerIdentity | undefined,
    requeue: (record: SinkRecord, callback: SafeCallback) => void,
  ): void {
    this.missingSince = undefined;
    this.#refusal = undefined;
    const before = this.partitions;
    this.partitions = leaders.map(
      (_, partition) => before[partition] ?? new PartitionQueue(this.name, partition, producer),
    );
    leaders.forEach((leader, partition) => {
      (this.partitions[partition] as PartitionQueue).leader = leader;
    });
    for (const queue of [this.#waiting, ...before.slice(leaders.length)]) {
      queue.failingSince = undefined;
      const { records, callbacks } = queue.drain();
      records.forEach((record, i) => {
        requeue(record, callbacks[i] as SafeCallback);
      });
    }
  }

  /** Why its records are given up at once; undefined: they are not. @param now machine time, ms; asked only where it matters */
  refusedAt(now: () => number): SuiteError | undefined {
    if (this.#refusal !== undefined && this.#refusal.until < now()) {
      this.#refusal = undefined;
    }
    return this.#refusal?.error;
  }

  /** Gives up everything, and what comes until a moment of machine time. */
  refuse(error: SuiteError, until: number): Settled[] {
    this.#refusal = { error, until };
    return this.giveUp(error);
  }

  /** Gives up everything. */
  giveUp(error: SuiteError): Settled[] {
    return [this.#waiting, ...this.partitions].map((queue) => queue.giveUp(error));
  }
}
