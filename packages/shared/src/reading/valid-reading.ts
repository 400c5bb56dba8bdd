import { Buffer, isUtf8 } from 'node:buffer';
import { SuiteError } from '../error/index.js';
import { type DecodedReading, idPattern, typePattern } from './reading.js';

/**
 * The text of a payload.
 * @throws {SuiteError} DECODE_EMPTY; DECODE_MALFORMED: not UTF-8
 */
export function textOf(payload: Uint8Array): string {
  if (payload.length === 0) {
    throw new SuiteError('DECODE_EMPTY', 'the payload is empty');
  }
  if (!isUtf8(payload)) {
    throw new SuiteError('DECODE_MALFORMED', 'the payload is not UTF-8');
  }
  // `toString` and not TextDecoder, which costs three times as much on small payloads.
  return Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
}

/** @throws {SuiteError} DECODE_INVALID, naming the field */
export function invalid(field: string, must: string, value: unknown): never {
  const shown = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value)).slice(0, 80);
  throw new SuiteError('DECODE_INVALID', `${field} must be ${must}, is ${shown}`);
}

/**
 * Checks the fields that every format shares. By hand and not by zod: it runs once a message.
 * @throws {SuiteError} DECODE_INVALID, naming the field
 */
export function validReading(
  candidate: Readonly<Partial<Record<keyof DecodedReading, unknown>>>,
): DecodedReading {
  const { id, type, value, unit, ts, seq } = candidate;
  if (typeof id !== 'string' || !idPattern.test(id)) {
    return invalid('id', '1 to 128 of A-Z a-z 0-9 . _ : -', id);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return invalid('value', 'a finite number', value);
  }
  if (!Number.isSafeInteger(ts) || (ts as number) < 0) {
    return invalid('ts', 'whole milliseconds since the epoch', ts);
  }
  if (type !== undefined && (typeof type !== 'string' || !typePattern.test(type))) {
    return invalid('type', '1 to 64 of a-z 0-9 _ -', type);
  }
  if (unit !== undefined && (typeof unit !== 'string' || unit.length === 0 || unit.length > 32)) {
    return invalid('unit', 'a SenML unit code of 1 to 32 characters', unit);
  }
  if (seq !== undefined && (!Number.isSafeInteger(seq) || (seq as number) < 0)) {
    return invalid('seq', 'a whole number from 0', seq);
  }
  return candidate as DecodedReading;
}
