import type { ReadingOutcome } from 'sensorsim-shared';
import { IntervalSet } from './interval-set.js';
import { SeqByTs } from './seq-by-ts.js';

export interface DeviceLedgerOptions {
  readonly run: number;
  readonly id: string;
  readonly connection: string;
  readonly copy: number;
  readonly joinOnTs: boolean;
}

/**
 * What one device claims through one connection in one run, and what the topic showed of it.
 * A counter that begins again, as after an update, has a ledger of its own.
 * Memory is O(gaps), whatever the number of readings.
 */
export class DeviceLedger {
  /** Which of the audited runs, from 0. */
  readonly run: number;
  readonly id: string;
  readonly connection: string;
  /** Which time the same sequence numbers are sent: 0, or the copy that a pattern's labels tell. */
  readonly copy: number;
  /** Times of the first and the last reading, ms. */
  fromTs = Number.POSITIVE_INFINITY;
  toTs = Number.NEGATIVE_INFINITY;
  readonly claims: Record<ReadingOutcome, IntervalSet | undefined> = {
    acknowledged: undefined,
    published: undefined,
    skipped: undefined,
    failed: undefined,
    suppressed: undefined,
  };
  readonly found = new IntervalSet();
  /** Of those found: whose first copy is marked as sent again, so that one more copy need not be; and who had that one. */
  readonly #markedFirst = new IntervalSet();
  readonly #excused = new Set<number>();
  /** Found among the dead letters. */
  readonly deadLettered = new IntervalSet();
  /** Only where a payload format has no sequence numbers. */
  readonly #seqByTs: SeqByTs | undefined;
  /** Highest sequence number seen by partition; nearly always one partition. */
  readonly #highest = new Map<number, number>();
  #highestClaimed = Number.NEGATIVE_INFINITY;

  constructor({ run, id, connection, copy, joinOnTs }: DeviceLedgerOptions) {
    this.run = run;
    this.id = id;
    this.connection = connection;
    this.copy = copy;
    this.#seqByTs = joinOnTs ? new SeqByTs() : undefined;
  }

  claim(seq: number, ts: number, outcome: ReadingOutcome): void {
    let claims = this.claims[outcome];
    if (claims === undefined) {
      claims = new IntervalSet();
      this.claims[outcome] = claims;
    }
    claims.add(seq);
    this.#highestClaimed = Math.max(this.#highestClaimed, seq);
    this.#seqByTs?.add(seq, ts);
    if (ts < this.fromTs) {
      this.fromTs = ts;
    }
    if (ts > this.toTs) {
      this.toTs = ts;
    }
  }

  /** Whether this sequence number has been claimed. O(1) for the next one, whatever was claimed. */
  hasClaimed(seq: number): boolean {
    return (
      seq <= this.#highestClaimed && Object.values(this.claims).some((claims) => claims?.has(seq) === true)
    );
  }

  /** How many partitions showed this device. */
  get partitions(): number {
    return this.#highest.size;
  }

  /**
   * Whether a record can be of this device in this run, by time and connection. A connection that is an address (HTTP) or
   * a record that names none is not compared.
   */
  covers(ts: number, resolutionMs: number, clientId: string): boolean {
    return (
      ts + resolutionMs > this.fromTs &&
      ts <= this.toTs &&
      (clientId === '' || clientId === this.connection || this.connection.includes('://'))
    );
  }

  outcomeOf(seq: number): ReadingOutcome | undefined {
    const { acknowledged, published, failed, skipped } = this.claims;
    if (acknowledged?.has(seq)) {
      return 'acknowledged';
    }
    if (published?.has(seq)) {
      return 'published';
    }
    if (failed?.has(seq)) {
      return 'failed';
    }
    return skipped?.has(seq) ? 'skipped' : undefined;
  }

  /**
   * The sequence number of a reading that carries none: of those in its time, the first that was not yet found, else
   * the first; undefined where none is.
   * @param resolutionMs 1, or 1,000 for formats that tell whole seconds
   */
  seqAt(ts: number, resolutionMs: number): number | undefined {
    const near = this.#seqByTs?.within(ts, ts + resolutionMs - 1) ?? [];
    return near.find((seq) => !this.found.has(seq)) ?? near[0];
  }

  /** Acknowledged readings that are neither found nor dead-lettered, as ranges of sequence numbers. */
  *missing(): Generator<readonly [fromSeq: number, toSeq: number]> {
    for (const [from, to] of this.claims.acknowledged?.without(this.found) ?? []) {
      yield* this.deadLettered.gapsWithin(from, to);
    }
  }

  /** Notes a reading found; false where it was found before. */
  find(seq: number, marked: boolean): boolean {
    const isFirst = this.found.add(seq);
    if (isFirst && marked) {
      this.#markedFirst.add(seq);
    }
    return isFirst;
  }

  /**
   * Whether a mark explains a copy of what was found before. Of all copies one need not be marked, whichever stands first: a gateway that was
   * left may write its own, which is not marked, behind that of the next one, which is.
   */
  explains(seq: number, marked: boolean): boolean {
    if (marked) {
      return true;
    }
    if (!this.#markedFirst.has(seq) || this.#excused.has(seq)) {
      return false;
    }
    this.#excused.add(seq);
    return true;
  }

  /** Notes that a partition showed a reading; true where it stands behind a later one of this device. */
  isBehind(partition: number, seq: number): boolean {
    const highest = this.#highest.get(partition);
    if (highest !== undefined && seq < highest) {
      return true;
    }
    this.#highest.set(partition, seq);
    return false;
  }
}
