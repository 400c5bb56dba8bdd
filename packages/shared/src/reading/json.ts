import { SuiteError } from '../error/index.js';
import type { Codec } from './codec.js';
import type { DecodedReading, Reading } from './reading.js';
import { textOf, validReading } from './valid-reading.js';

/** One JSON object a reading: the suite's own format, and the default. Unknown keys are ignored. */
export const jsonCodec: Codec = {
  name: 'json',
  title: '{"id":"temp-0001","type":"temperature","value":21.34,"unit":"Cel","ts":1700000000000,"seq":17}',
  contentType: 'application/json',

  // By hand and not JSON.stringify: called once a reading, and ids, types and units need no escaping.
  encode: ({ id, type, value, unit, ts, seq }: Reading): string =>
    `{"id":"${id}","type":"${type}","value":${value},"unit":"${unit}","ts":${ts},"seq":${seq}}`,

  decode(payload: Uint8Array): DecodedReading[] {
    const text = textOf(payload);
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      throw new SuiteError('DECODE_MALFORMED', `the payload is not JSON: ${(error as Error).message}`);
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw new SuiteError('DECODE_MALFORMED', 'the payload is JSON, but not an object');
    }
    return [validReading(parsed)];
  },

  looksLike: (payload) => payload[0] === 0x7b,
};
