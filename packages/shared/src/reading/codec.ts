import type { DecodedReading, Reading } from './reading.js';

/**
 * One payload format. A codec is one file in this folder and one line in `index.ts`; flags, help and docs follow.
 */
export interface Codec {
  /** As `--format` takes it. */
  readonly name: string;
  /** One line for `--help` and the docs. */
  readonly title: string;
  /** MQTT 5 and Kafka `content-type`. */
  readonly contentType: string;
  /** @throws {SuiteError} ENCODE_UNREPRESENTABLE: the format has no way to say this reading */
  encode(reading: Reading): string | Uint8Array;
  /**
   * The readings of a payload, at least one.
   * @param receivedAt machine time of arrival, ms since the epoch, for formats with relative times; absent: now
   * @throws {SuiteError} DECODE_EMPTY, DECODE_MALFORMED, DECODE_INVALID; the message names the field
   */
  decode(payload: Uint8Array, receivedAt?: number): DecodedReading[];
  /** Whether a payload of unknown format looks like this one; cheap, never throws. */
  looksLike(payload: Uint8Array): boolean;
}
