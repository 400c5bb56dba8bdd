import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SuiteError } from 'sensorsim-shared';
import { PartitionCursor } from './partition-cursor.js';
import { SegmentCursor } from './segment-cursor.js';
import {
  isMissing,
  listSegments,
  listTopics,
  partitionDirectory,
  readPartitionCount,
  segmentFileName,
} from './topic-layout.js';
import type { TopicRecord } from './topic-record.js';

/** What a partition holds. */
export interface PartitionRange {
  readonly partition: number;
  /** Offset of the oldest record that retention has left. */
  readonly earliest: number;
  /** Offset that the next record will get; `earliest` where there is none. */
  readonly latest: number;
}

export interface ReadOptions {
  /** First offset. Absent: the earliest. */
  readonly from?: number | undefined;
  /** Ends before this offset. Absent: at the end of what is there. */
  readonly to?: number | undefined;
  /** Goes on at the end of what is there, with what comes, until this is aborted. */
  readonly follow?: AbortSignal | undefined;
  /** How often is looked for what came. Default 50. */
  readonly pollIntervalMs?: number | undefined;
}

/**
 * Reads the topics of a folder, also while a writer is at them, in this process or another. It takes no lock, writes
 * nothing, and hands out whole records only; they may be so new that the writer has not called them safe yet.
 */
export class EmbeddedTopicReader {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Names of the topics, sorted. */
  topics(): Promise<string[]> {
    return listTopics(this.directory);
  }

  /**
   * What each partition holds as of now. Reads the last segment of each through.
   * @throws {SuiteError} TOPIC_UNKNOWN, TOPIC_CORRUPT
   */
  async partitions(topic: string): Promise<PartitionRange[]> {
    const count = await this.#partitionCount(topic);
    const ranges: PartitionRange[] = [];
    for (let partition = 0; partition < count; partition++) {
      ranges.push({ partition, ...(await rangeOf(partitionDirectory(this.directory, topic, partition))) });
    }
    return ranges;
  }

  /**
   * The records of a partition in the order of their offsets, none left out. Memory is bounded by a chunk of 256 KiB, or
   * one record where that is larger.
   * @throws {SuiteError} TOPIC_UNKNOWN; TOPIC_OFFSET_OUT_OF_RANGE: retention has removed what was to be read next, or
   *   `from` lies beyond the end; TOPIC_CORRUPT, after the records before the damage
   */
  async *read(topic: string, partition: number, options: ReadOptions = {}): AsyncGenerator<TopicRecord> {
    const { from, to = Number.POSITIVE_INFINITY, follow, pollIntervalMs = 50 } = options;
    const count = await this.#partitionCount(topic);
    if (!Number.isInteger(partition) || partition < 0 || partition >= count) {
      throw new SuiteError(
        'TOPIC_UNKNOWN',
        `${topic} has the partitions 0 to ${count - 1}, not ${partition}`,
      );
    }
    const cursor = new PartitionCursor(partitionDirectory(this.directory, topic, partition), from);
    try {
      for (;;) {
        const records = await cursor.next();
        for (const record of records) {
          if (record.offset >= to) {
            return;
          }
          yield { topic, partition, ...record };
        }
        if (cursor.nextOffset >= to) {
          return;
        }
        if (records.length === 0) {
          if (follow === undefined || follow.aborted) {
            break;
          }
          await wait(pollIntervalMs, undefined, { signal: follow }).catch(() => {});
        }
      }
      if (from !== undefined && follow === undefined && cursor.nextOffset < from) {
        throw new SuiteError(
          'TOPIC_OFFSET_OUT_OF_RANGE',
          `partition ${partition} of ${topic} ends at offset ${cursor.nextOffset}, before ${from}`,
        );
      }
    } finally {
      await cursor.close();
    }
  }

  async #partitionCount(topic: string): Promise<number> {
    const count = await readPartitionCount(this.directory, topic);
    if (count === undefined) {
      const topics = await this.topics();
      const there = topics.length === 0 ? 'no topic' : topics.join(', ');
      throw new SuiteError('TOPIC_UNKNOWN', `${this.directory} holds ${there}, not "${topic}"`);
    }
    return count;
  }
}

async function rangeOf(directory: string): Promise<Omit<PartitionRange, 'partition'>> {
  for (;;) {
    const bases = await listSegments(directory);
    const last = bases.at(-1);
    if (last === undefined) {
      return { earliest: 0, latest: 0 };
    }
    const cursor = new SegmentCursor(join(directory, segmentFileName(last)), last);
    try {
      // No record lies that far, so that none is decoded.
      await cursor.next(Number.POSITIVE_INFINITY);
      return { earliest: bases[0] as number, latest: cursor.nextOffset };
    } catch (error) {
      if (!isMissing(error)) {
        throw error;
      }
      // Retention removed it in between: a later one has taken its place.
    } finally {
      await cursor.close();
    }
  }
}
