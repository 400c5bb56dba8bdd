import { join } from 'node:path';
import { SuiteError } from 'sensorsim-shared';
import type { StoredRecord } from './segment.js';
import { SegmentCursor } from './segment-cursor.js';
import { isMissing, listSegments, segmentFileName } from './topic-layout.js';

/** Reads a partition forward over its segments, also while they are written and retention removes them. */
export class PartitionCursor {
  readonly #directory: string;
  /** First offset to hand out; absent: whichever is the earliest. */
  readonly #from: number | undefined;
  #segment: SegmentCursor | undefined;
  #nextOffset: number | undefined;

  constructor(directory: string, from: number | undefined) {
    this.#directory = directory;
    this.#from = from;
  }

  /** Offset of the record that comes next. */
  get nextOffset(): number {
    return this.#segment?.nextOffset ?? this.#nextOffset ?? 0;
  }

  /**
   * The next records; none where there are none yet.
   * @throws {SuiteError} TOPIC_OFFSET_OUT_OF_RANGE, TOPIC_CORRUPT
   */
  async next(): Promise<StoredRecord[]> {
    for (;;) {
      this.#segment ??= await this.#openSegment();
      if (this.#segment === undefined) {
        return [];
      }
      try {
        const records = await this.#segment.next(this.#from ?? 0);
        if (records.length > 0) {
          return records;
        }
        const following = await this.#followingBase(this.#segment.baseOffset);
        if (following === undefined) {
          return [];
        }
        // Asked once more: these were appended after the last look and before the next segment began.
        const last = await this.#segment.next(this.#from ?? 0);
        if (last.length > 0) {
          return last;
        }
        await this.#leave(this.#segment, following);
      } catch (error) {
        if (!isMissing(error)) {
          throw error;
        }
        // Retention removed the file before it was opened; what to read next may be gone with it.
        this.#segment = undefined;
      }
    }
  }

  async close(): Promise<void> {
    await this.#segment?.close();
    this.#segment = undefined;
  }

  async #openSegment(): Promise<SegmentCursor | undefined> {
    const bases = await listSegments(this.#directory);
    const wanted = this.#nextOffset ?? this.#from;
    const base = wanted === undefined ? bases[0] : bases.findLast((candidate) => candidate <= wanted);
    if (base !== undefined) {
      return this.#segmentAt(base);
    }
    if (bases[0] !== undefined) {
      throw this.#gone(wanted, bases[0]);
    }
    return undefined;
  }

  async #followingBase(baseOffset: number): Promise<number | undefined> {
    return (await listSegments(this.#directory)).find((candidate) => candidate > baseOffset);
  }

  /** Goes from a segment that has another after it to that one. */
  async #leave(segment: SegmentCursor, following: number): Promise<void> {
    if (!(await segment.isAtEnd())) {
      throw segment.damage('it ends in the middle of a record, and another segment follows');
    }
    if (following !== segment.nextOffset) {
      const first = (await listSegments(this.#directory))[0];
      throw first === following
        ? this.#gone(segment.nextOffset, following)
        : segment.damage(`the next segment begins at offset ${following}`);
    }
    await segment.close();
    this.#nextOffset = following;
    this.#segment = this.#segmentAt(following);
  }

  #segmentAt(base: number): SegmentCursor {
    return new SegmentCursor(join(this.#directory, segmentFileName(base)), base);
  }

  #gone(wanted: number | undefined, earliest: number): SuiteError {
    return new SuiteError(
      'TOPIC_OFFSET_OUT_OF_RANGE',
      `${this.#directory} begins at offset ${earliest}; ${wanted} is gone`,
    );
  }
}
