/** One value of one device at one time, as it travels. */
export interface Reading {
  /** Device id, 1–128 of `[A-Za-z0-9._:-]`. */
  readonly id: string;
  /** What is measured: `temperature`, `light`, `humidity`, `voltage`, …: 1–64 of `[a-z0-9_-]`. */
  readonly type: string;
  /** Finite. */
  readonly value: number;
  /** SenML unit code (RFC 8428 §12.1, RFC 8798): `Cel`, `lx`, `%RH`, `V`. */
  readonly unit: string;
  /** Device time, whole milliseconds since the epoch. */
  readonly ts: number;
  /** Counts a device's readings, from 0, +1 each. */
  readonly seq: number;
}

/** What a receiver knows of a reading: the 2018 formats carry neither type, unit nor sequence number. */
export type DecodedReading = Pick<Reading, 'id' | 'value' | 'ts'> & Partial<Reading>;

/** What an id may be. */
export const idPattern = /^[A-Za-z0-9._:-]{1,128}$/;

/** What a type may be. */
export const typePattern = /^[a-z0-9_-]{1,64}$/;
