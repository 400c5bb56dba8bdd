import {
  type AuditSummary,
  type Codec,
  type DecodedPayload,
  type DecodedReading,
  decodePayload,
  type TruthRow,
} from 'sensorsim-shared';
import { type AlteredClaim, AlteredClaims, type AlteredCopy } from './altered-claims.js';
import { DeviceLedger } from './device-ledger.js';

/** What the audit needs of a record of a topic. */
export interface AuditedRecord {
  readonly partition: number;
  readonly value: Uint8Array;
  /** Empty where the record does not tell. */
  readonly contentType: string;
  /** Empty where the record does not tell: then the connection is not compared. */
  readonly clientId: string;
  /** Of a dead letter; absent or empty where the record does not tell. */
  readonly errorCode?: string;
  /** Says of itself that it was sent again (`mqtt-dup: 1`). */
  readonly marked: boolean;
  /** Machine time of arrival at the gateway, ms; NaN where the record does not tell. */
  readonly receivedAt: number;
}

/** Neighbouring readings of one device that were acknowledged and are nowhere. */
export interface LostReadings {
  readonly id: string;
  readonly connection: string;
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** What an audit found, in full. */
export interface AuditFindings extends AuditSummary {
  /** Part of `duplicated`: copies that a mark explains. Of all copies of a reading one need not be marked, whichever stands first. */
  readonly duplicatedMarked: number;
  /** Readings sent without asking for a confirmation (QoS 0), and how many of them are in the topic. */
  readonly unconfirmed: number;
  readonly unconfirmedFound: number;
  /** Readings that a pattern kept back: they were never sent. */
  readonly suppressed: number;
  /** In the topic although the sensor counts them as failed or skipped: no promise was broken. */
  readonly unacknowledgedFound: number;
  /** Readings of the run's devices and time that no truth row explains. */
  readonly unexplained: number;
  /** Readings of other runs, devices or programs in the same topic. */
  readonly foreign: number;
  readonly devices: number;
  /** Devices whose readings lie in several partitions: their order is told within each only. */
  readonly splitDevices: number;
}

/** The topic holds readings without sequence numbers: the audit has to be made again, joined on time. */
export class TimeJoinNeeded extends Error {}

/** How long after the last reading of a run a damaged payload of its connections may still be its own, ms. */
const deadLetterGraceMs = 60_000;

/**
 * Holds what sensors claim against what a topic shows: first every claim of every run, then every record, each
 * partition in its order. A reading belongs to a run when its device, its time and, where both sides tell it, its
 * connection do, so that other runs in the topic do not disturb. Memory is O(devices + irregularities).
 */
export class Audit {
  readonly #joinOnTs: boolean;
  readonly #byId = new Map<string, DeviceLedger[]>();
  readonly #connections = new Set<string>();
  readonly #altered = new AlteredClaims();
  #run = -1;
  #fromTs = Number.POSITIVE_INFINITY;
  #toTs = Number.NEGATIVE_INFINITY;
  #found = 0;
  #duplicated = 0;
  #duplicatedMarked = 0;
  #reordered = 0;
  #deadLettered = 0;
  #unconfirmedFound = 0;
  #unacknowledgedFound = 0;
  #unexplained = 0;
  #foreign = 0;

  /** @param joinOnTs also keep the readings' times, for payload formats without sequence numbers */
  constructor(joinOnTs = false) {
    this.#joinOnTs = joinOnTs;
  }

  /** The claims that follow are those of one more run, or of one more shard. */
  beginRun(): void {
    this.#run++;
  }

  claim(row: TruthRow): void {
    this.#connections.add(row.connection);
    if (row.label?.payloadHash === undefined) {
      this.#ledgerOf(row).claim(row.seq, row.ts, row.outcome);
    } else {
      this.#altered.claim(row, row.label.payloadHash);
    }
    this.#fromTs = Math.min(this.#fromTs, row.ts);
    this.#toTs = Math.max(this.#toTs, row.ts);
  }

  /**
   * A record of a topic of readings.
   * @throws {TimeJoinNeeded}
   */
  record(record: AuditedRecord): void {
    const altered = this.#altered.arrived(record);
    if (altered !== undefined) {
      this.#noteAltered(altered);
      return;
    }
    const payload = decoded(record);
    if (payload === undefined) {
      this.#foreign++;
      return;
    }
    for (const reading of payload.readings) {
      const joined = this.#join(reading, resolutionOf(payload.codec), record.clientId);
      if (typeof joined === 'object') {
        this.#note(joined.ledger, joined.seq, record);
      } else if (joined === 'unexplained') {
        this.#unexplained++;
      } else {
        this.#foreign++;
      }
    }
  }

  /**
   * A record of a dead-letter topic. It is the run's when a reading in it is, or, where it is damaged, when one of the
   * run's connections sent it in the run's time.
   * @throws {TimeJoinNeeded}
   */
  deadLetter(record: AuditedRecord): void {
    if (this.#altered.arrived(record) !== undefined) {
      this.#deadLettered++;
      return;
    }
    const payload = decoded(record);
    if (payload === undefined) {
      const { clientId, receivedAt } = record;
      const inTime = receivedAt >= this.#fromTs && receivedAt <= this.#toTs + deadLetterGraceMs;
      this.#deadLettered += inTime && this.#connections.has(clientId) ? 1 : 0;
      return;
    }
    let own = false;
    for (const reading of payload.readings) {
      const joined = this.#join(reading, resolutionOf(payload.codec), record.clientId);
      if (typeof joined === 'object') {
        own = true;
        joined.ledger.deadLettered.add(joined.seq);
      }
    }
    this.#deadLettered += own ? 1 : 0;
  }

  findings(): AuditFindings {
    let acknowledged = this.#altered.acknowledged;
    let unconfirmed = 0;
    let suppressed = 0;
    let splitDevices = 0;
    for (const ledger of this.#ledgers()) {
      acknowledged += ledger.claims.acknowledged?.count ?? 0;
      unconfirmed += ledger.claims.published?.count ?? 0;
      suppressed += ledger.claims.suppressed?.count ?? 0;
      splitDevices += ledger.partitions > 1 ? 1 : 0;
    }
    let lost = 0;
    for (const { fromSeq, toSeq } of this.lost()) {
      lost += toSeq - fromSeq + 1;
    }
    return {
      acknowledged,
      found: this.#found,
      lost,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
      deadLettered: this.#deadLettered,
      duplicatedMarked: this.#duplicatedMarked,
      unconfirmed,
      unconfirmedFound: this.#unconfirmedFound,
      suppressed,
      unacknowledgedFound: this.#unacknowledgedFound,
      unexplained: this.#unexplained,
      foreign: this.#foreign,
      devices: this.#byId.size,
      splitDevices,
    };
  }

  /** What was acknowledged and is neither in the topic nor among the dead letters, device by device. */
  *lost(): Generator<LostReadings> {
    for (const ledger of this.#ledgers()) {
      for (const [fromSeq, toSeq] of ledger.missing()) {
        yield { id: ledger.id, connection: ledger.connection, fromSeq, toSeq };
      }
    }
    yield* this.#altered.lost();
  }

  /** The ledger that takes a row: where its number was claimed before, the counter has begun again. */
  #ledgerOf({ id, connection, seq, ts, label }: TruthRow): DeviceLedger {
    let ledgers = this.#byId.get(id);
    if (ledgers === undefined) {
      ledgers = [];
      this.#byId.set(id, ledgers);
    }
    const copy = label?.copy ?? 0;
    const run = this.#run;
    let free: DeviceLedger | undefined;
    for (const one of ledgers) {
      if (one.run === run && one.connection === connection && one.copy === copy && !one.hasClaimed(seq)) {
        // Of several the last that had begun by then; what was under way when the counter began again is of the one before.
        free = free === undefined || one.fromTs <= ts ? one : free;
      }
    }
    if (free === undefined) {
      free = new DeviceLedger({ run, id, connection, copy, joinOnTs: this.#joinOnTs });
      ledgers.push(free);
    }
    return free;
  }

  *#ledgers(): Generator<DeviceLedger> {
    for (const ledgers of this.#byId.values()) {
      yield* ledgers;
    }
  }

  #join(
    reading: DecodedReading,
    resolutionMs: number,
    clientId: string,
  ): { ledger: DeviceLedger; seq: number } | 'unexplained' | 'foreign' {
    let covered = false;
    let joined: { ledger: DeviceLedger; seq: number } | undefined;
    for (const ledger of this.#byId.get(reading.id) ?? []) {
      if (!ledger.covers(reading.ts, resolutionMs, clientId)) {
        continue;
      }
      covered = true;
      if (reading.seq === undefined && !this.#joinOnTs) {
        throw new TimeJoinNeeded();
      }
      const seq = reading.seq ?? ledger.seqAt(reading.ts, resolutionMs);
      if (seq === undefined || ledger.outcomeOf(seq) === undefined) {
        continue;
      }
      // A replayed reading is its own, and no copy of the original, once that is found.
      if (!ledger.found.has(seq)) {
        return { ledger, seq };
      }
      joined ??= { ledger, seq };
    }
    if (joined !== undefined) {
      return joined;
    }
    return covered ? 'unexplained' : 'foreign';
  }

  #noteAltered(claim: AlteredClaim | AlteredCopy): void {
    if (claim === 'copy' || claim === 'marked copy') {
      this.#duplicated++;
      this.#duplicatedMarked += claim === 'copy' ? 0 : 1;
    } else if (claim.acknowledged) {
      this.#found++;
    }
  }

  #note(ledger: DeviceLedger, seq: number, record: AuditedRecord): void {
    if (!ledger.find(seq, record.marked)) {
      this.#duplicated++;
      this.#duplicatedMarked += ledger.explains(seq, record.marked) ? 1 : 0;
      return;
    }
    // Only first copies have a place: a copy sent again is behind by its nature, and counted above.
    this.#reordered += ledger.isBehind(record.partition, seq) ? 1 : 0;
    switch (ledger.outcomeOf(seq)) {
      case 'acknowledged':
        this.#found++;
        break;
      case 'published':
        this.#unconfirmedFound++;
        break;
      default:
        this.#unacknowledgedFound++;
    }
  }
}

/** Undefined where no format fits. */
function decoded({ value, contentType, receivedAt }: AuditedRecord): DecodedPayload | undefined {
  try {
    return decodePayload(value, {
      contentType: contentType === '' ? undefined : contentType,
      receivedAt: Number.isNaN(receivedAt) ? undefined : receivedAt,
    });
  } catch {
    return undefined;
  }
}

/** The 2018 successor's format tells whole seconds. */
function resolutionOf(codec: Codec): number {
  return codec.name === 'legacy-json' ? 1_000 : 1;
}
