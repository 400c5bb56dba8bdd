import { SuiteError } from '../error/index.js';
import type { Codec } from './codec.js';
import { isLegacyMilliseconds, legacyTimestampMs } from './legacy-time.js';
import type { DecodedReading, Reading } from './reading.js';
import { malformed, textOf, validReading } from './valid-reading.js';

/**
 * Read from the right, because ids may hold `-`: the value is the last number, with a `-` of its own where two stand in
 * a row; before it stands the timestamp, all digits; the rest is the id. So there is one way to read any text, but for
 * an id that ends like `-1700000000000-`, which no device should have.
 */
const spelling = /^([A-Za-z0-9._:-]{1,128})-(\d{1,16})-(-?\d+(?:\.\d+)?)\r?\n?$/;

/** An id, a timestamp, and the longest double in plain decimals. */
const maxBytes = 512;

/**
 * What the gateway of the 2018 tutorial puts on its topic. It carries neither type, unit nor sequence number. Values are
 * written as plain decimals, because its jobs refuse any other character.
 */
export const textCodec: Codec = {
  name: 'text',
  title: 'temp-0001-1700000000000-21.34: id-timestamp-value (2018)',
  contentType: 'text/plain',

  encode({ id, ts, value }: Reading): string {
    if (!isLegacyMilliseconds(ts)) {
      throw new SuiteError(
        'ENCODE_UNREPRESENTABLE',
        `format text takes timestamps below 10^11 for seconds, so it cannot say ${ts} ms (before March 1973)`,
      );
    }
    return `${id}-${ts}-${plainDecimal(value)}`;
  },

  decode(payload: Uint8Array): DecodedReading[] {
    const match = payload.length <= maxBytes ? spelling.exec(textOf(payload)) : null;
    if (match === null) {
      throw malformed('the payload is not id-timestamp-value, as in temp-0001-1700000000000-21.34');
    }
    return [validReading({ id: match[1], ts: legacyTimestampMs(Number(match[2])), value: Number(match[3]) })];
  },

  looksLike(payload) {
    const dash = payload.indexOf(0x2d);
    return (
      payload.length <= maxBytes && dash > 0 && payload.indexOf(0x2d, dash + 1) > 0 && isIdByte(payload[0])
    );
  },
};

function isIdByte(byte: number | undefined): boolean {
  return byte !== undefined && /[A-Za-z0-9._:-]/.test(String.fromCharCode(byte));
}

/** The shortest decimals that read back as `value`, without an exponent. */
export function plainDecimal(value: number): string {
  const text = String(value);
  const at = text.indexOf('e');
  if (at < 0) {
    return text;
  }
  const exponent = Number(text.slice(at + 1));
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.slice(0, at)) as RegExpExecArray;
  const digits = `${whole}${fraction}`;
  // Exponents appear from 1e21 and below 1e-6, so the point always leaves the digits on one side.
  return exponent > 0
    ? `${sign}${digits.padEnd(exponent + 1, '0')}`
    : `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
}
