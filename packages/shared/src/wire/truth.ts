import type { Cause } from './interval.js';

/**
 * What became of a reading. `acknowledged`: the receiver confirmed it. `published`: handed over, no confirmation exists
 * (QoS 0, file). `skipped`: could not be taken when it fell due. `failed`: taken, never confirmed. `suppressed`: a pattern kept it back.
 */
export type ReadingOutcome = 'acknowledged' | 'published' | 'skipped' | 'failed' | 'suppressed';

/**
 * What a pattern did to a reading or message: the label columns of its truth row. None of it travels with the reading.
 */
export interface TruthLabel {
  /** The strongest cause among the patterns that touched it: attack, fault, benign. */
  readonly cause: Cause;
  /** Name of that pattern. */
  readonly type: string;
  /** Ids of all intervals that touched it. */
  readonly intervals: readonly string[];
  /** What its sender is in that: absent where a device just misbehaves without anybody behind it. */
  readonly role?: 'attacker' | 'victim' | 'bystander';
  /** What was sent, where it is not the true value; null: no number. */
  readonly value?: number | null;
  /** The device that sent it, where it is not the one that it names. */
  readonly deviceTrue?: string;
  /** Times in which the same `(id, seq, connection)` was sent before. */
  readonly copy?: number;
  /** Where it went, where that is not the device's own topic. */
  readonly topic?: string;
  /** First 16 hex digits of the payload's SHA-256, where it holds no reading to be joined on. */
  readonly payloadHash?: string;
}

/** One row of `truth.ndjson`: every reading of a run has one, joined to what arrived on `(id, seq, connection)`. */
export interface TruthRow {
  readonly id: string;
  readonly seq: number;
  /** The client id, URL or file through which the reading went. */
  readonly connection: string;
  /** When it was due: the reading's own `ts`. */
  readonly ts: number;
  /** What the model gave; null where no model stands behind it. */
  readonly valueTrue: number | null;
  readonly outcome: ReadingOutcome;
  /** Why it was skipped, failed or suppressed; absent otherwise. */
  readonly reason?: string;
  /** Absent: no pattern touched it. */
  readonly label?: TruthLabel;
}

/** Makes the lines of one device's rows: what stays the same is put together once. */
export type TruthEncoder = (
  seq: number,
  ts: number,
  valueTrue: number | null,
  outcome: ReadingOutcome,
  reason?: string,
  label?: TruthLabel,
) => string;

/** The encoder of a device and connection. Called once a device; what it returns, once a reading. */
export function truthEncoder(id: string, connection: string): TruthEncoder {
  const head = `{"id":"${id}","seq":`;
  const middle = `,"connection":${JSON.stringify(connection)},"ts":`;
  // The rows of a window share one list of intervals.
  let intervals: readonly string[] | undefined;
  let ids = '';
  return (seq, ts, valueTrue, outcome, reason, label) => {
    const line = `${head}${seq}${middle}${ts},"valueTrue":${valueTrue},"outcome":"${outcome}"`;
    const cause = reason === undefined ? '' : `,"reason":"${reason}"`;
    if (label === undefined) {
      return `${line}${cause}}`;
    }
    if (label.intervals !== intervals) {
      intervals = label.intervals;
      ids = JSON.stringify(intervals);
    }
    return `${line}${cause},"label":${encodeLabel(label, ids)}}`;
  };
}

/**
 * As `JSON.stringify` writes it, keys in the order of the interface; by hand, because a busy pattern has one a reading.
 * @param ids its intervals, written
 */
function encodeLabel(label: TruthLabel, ids: string): string {
  const { cause, type, role, value, deviceTrue, copy, topic, payloadHash } = label;
  let text = `{"cause":"${cause}","type":"${type}","intervals":${ids}`;
  if (role !== undefined) {
    text += `,"role":"${role}"`;
  }
  if (value !== undefined) {
    text += `,"value":${value !== null && Number.isFinite(value) ? value : null}`;
  }
  if (deviceTrue !== undefined) {
    text += `,"deviceTrue":"${deviceTrue}"`;
  }
  if (copy !== undefined) {
    text += `,"copy":${copy}`;
  }
  if (topic !== undefined) {
    text += `,"topic":${JSON.stringify(topic)}`;
  }
  if (payloadHash !== undefined) {
    text += `,"payloadHash":"${payloadHash}"`;
  }
  return `${text}}`;
}

/** A row's line, without the newline. Keys in this order, so that equal runs give equal bytes. */
export function encodeTruthRow(row: TruthRow): string {
  const { id, connection, seq, ts, valueTrue, outcome, reason, label } = row;
  return truthEncoder(id, connection)(seq, ts, valueTrue, outcome, reason, label);
}

/** One row of `connections.ndjson`. */
export interface ConnectionEvent {
  /** Machine time, ms since the epoch. */
  readonly at: number;
  readonly connection: string;
  readonly event:
    | 'connected'
    | 'refused'
    | 'failed'
    | 'lost'
    | 'reconnected'
    | 'closed'
    | 'subscribed'
    | 'unsubscribable';
  /** CONNACK or DISCONNECT code, where there was one. */
  readonly code?: number;
  readonly reason?: string;
  /** Where there are several to choose from: which. */
  readonly gateway?: string;
  /** Of a CONNECT of a pattern; the fleet's own are the run's setting. */
  readonly keepaliveSeconds?: number;
  readonly username?: string;
  /** Of a SUBSCRIBE. */
  readonly filters?: readonly string[];
  /** The intervals whose pattern made it. */
  readonly intervals?: readonly string[];
}
