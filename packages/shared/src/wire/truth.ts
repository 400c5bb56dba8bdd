/**
 * What became of a reading. `acknowledged`: the receiver confirmed it. `published`: handed over, no confirmation exists
 * (QoS 0, file). `skipped`: could not be taken when it fell due. `failed`: taken, never confirmed.
 */
export type ReadingOutcome = 'acknowledged' | 'published' | 'skipped' | 'failed';

/** One row of `truth.ndjson`: every reading of a run has one, joined to what arrived on `(id, seq, connection)`. */
export interface TruthRow {
  readonly id: string;
  readonly seq: number;
  /** The client id, URL or file through which the reading went. */
  readonly connection: string;
  /** When it was due: the reading's own `ts`. */
  readonly ts: number;
  /** What the model gave. */
  readonly valueTrue: number;
  readonly outcome: ReadingOutcome;
  /** Why it was skipped or failed; absent otherwise. */
  readonly reason?: string;
}

/** Makes the lines of one device's rows: what stays the same is put together once. */
export type TruthEncoder = (
  seq: number,
  ts: number,
  valueTrue: number,
  outcome: ReadingOutcome,
  reason?: string,
) => string;

/** The encoder of a device and connection. Called once a device; what it returns, once a reading. */
export function truthEncoder(id: string, connection: string): TruthEncoder {
  const head = `{"id":"${id}","seq":`;
  const middle = `,"connection":${JSON.stringify(connection)},"ts":`;
  return (seq, ts, valueTrue, outcome, reason) =>
    reason === undefined
      ? `${head}${seq}${middle}${ts},"valueTrue":${valueTrue},"outcome":"${outcome}"}`
      : `${head}${seq}${middle}${ts},"valueTrue":${valueTrue},"outcome":"${outcome}","reason":"${reason}"}`;
}

/** A row's line, without the newline. Keys in this order, so that equal runs give equal bytes. */
export function encodeTruthRow(row: TruthRow): string {
  const { id, connection, seq, ts, valueTrue, outcome, reason } = row;
  return truthEncoder(id, connection)(seq, ts, valueTrue, outcome, reason);
}

/** One row of `connections.ndjson`. */
export interface ConnectionEvent {
  /** Machine time, ms since the epoch. */
  readonly at: number;
  readonly connection: string;
  readonly event: 'connected' | 'refused' | 'failed' | 'lost' | 'reconnected' | 'closed';
  /** CONNACK or DISCONNECT code, where there was one. */
  readonly code?: number;
  readonly reason?: string;
}
