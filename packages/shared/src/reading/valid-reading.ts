import { Buffer, isUtf8 } from 'node:buffer';
import { SuiteError } from '../error/index.js';
import { type DecodedReading, idPattern, typePattern } from './reading.js';

/** @throws {SuiteError} DECODE_EMPTY */
export function notEmpty(payload: Uint8Array): void {
  if (payload.length === 0) {
    throw new SuiteError('DECODE_EMPTY', 'the payload is empty');
  }
}

/**
 * The text of a payload.
 * @throws {SuiteError} DECODE_EMPTY; DECODE_MALFORMED: not UTF-8
 */
export function textOf(payload: Uint8Array): string {
  notEmpty(payload);
  if (!isUtf8(payload)) {
    throw malformed('the payload is not UTF-8');
  }
  // `toString` and not TextDecoder, which costs three times as much on small payloads.
  return Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
}

/** DECODE_MALFORMED with a message that is safe to log: what it quotes of the payload may hold control characters. */
export function malformed(message: string): SuiteError {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  const safe = message.slice(0, 300).replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
  return new SuiteError('DECODE_MALFORMED', safe);
}

/** @throws {SuiteError} DECODE_INVALID, naming the field */
export function invalid(field: string, must: string, value: unknown): never {
  throw new SuiteError('DECODE_INVALID', `${field} must be ${must}, is ${shown(value)}`);
}

/** Never walks into an object: it comes from outside, and may be as deep as the payload is long. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'missing';
    case 'string':
      return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
    default:
      return String(value).slice(0, 64);
  }
}

type FieldNames = Readonly<Record<keyof DecodedReading, string>>;

const readingFieldNames: FieldNames = {
  id: 'id',
  type: 'type',
  value: 'value',
  unit: 'unit',
  ts: 'ts',
  seq: 'seq',
};

/**
 * Checks the fields that every format shares, and returns them without whatever else the payload held. By hand and not
 * by zod: it runs once a message.
 * @param names what the format calls the fields; absent: as a reading does
 * @throws {SuiteError} DECODE_INVALID, naming the field
 */
export function validReading(
  candidate: Readonly<Partial<Record<keyof DecodedReading, unknown>>>,
  names: FieldNames = readingFieldNames,
): DecodedReading {
  const { id, type, value, unit, ts, seq } = candidate;
  if (typeof id !== 'string' || !idPattern.test(id)) {
    return invalid(names.id, '1 to 128 of A-Z a-z 0-9 . _ : -', id);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return invalid(names.value, 'a finite number', value);
  }
  if (!isWhole(ts)) {
    return invalid(names.ts, 'whole milliseconds since the epoch', ts);
  }
  if (type !== undefined && (typeof type !== 'string' || !typePattern.test(type))) {
    return invalid(names.type, '1 to 64 of a-z 0-9 _ -', type);
  }
  if (unit !== undefined && (typeof unit !== 'string' || unit.length === 0 || unit.length > 32)) {
    return invalid(names.unit, 'a SenML unit code of 1 to 32 characters', unit);
  }
  if (seq !== undefined && !isWhole(seq)) {
    return invalid(names.seq, 'a whole number from 0', seq);
  }
  return { id, type, value, unit, ts, seq };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
