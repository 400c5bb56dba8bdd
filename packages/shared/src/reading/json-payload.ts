import { messageOf } from '../error/index.js';
import { malformed, textOf } from './valid-reading.js';

/**
 * The value of a JSON payload. V8 parses without recursion, so depth is no danger.
 * @throws {SuiteError} DECODE_EMPTY; DECODE_MALFORMED: not UTF-8, not JSON
 */
export function jsonOf(payload: Uint8Array): unknown {
  const text = textOf(payload);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(`the payload is not JSON: ${messageOf(error)}`);
  }
}

/**
 * The object of a JSON payload.
 * @throws {SuiteError} DECODE_EMPTY; DECODE_MALFORMED: not UTF-8, not JSON, not an object
 */
export function jsonObjectOf(payload: Uint8Array): Readonly<Record<string, unknown>> {
  const parsed = jsonOf(payload);
  if (!isObject(parsed)) {
    throw malformed('the payload is JSON, but not an object');
  }
  return parsed;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first byte that is not white space of JSON; -1 where there is none. */
export function firstByte(payload: Uint8Array): number {
  for (const byte of payload) {
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
      return byte;
    }
  }
  return -1;
}
