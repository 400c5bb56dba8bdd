import type { Codec } from './codec.js';
import { firstByte, jsonOf } from './json-payload.js';
import type { DecodedReading, Reading } from './reading.js';
import { readingsOfPack, senmlSeconds } from './senml-pack.js';
import { malformed } from './valid-reading.js';

/** SenML in JSON (RFC 8428 §5): a pack of one record a reading; any pack is read. */
export const senmlCodec: Codec = {
  name: 'senml',
  title: '[{"n":"temp-0001","u":"Cel","t":1700000000,"v":21.34,"type":"temperature","seq":17}] (RFC 8428)',
  contentType: 'application/senml+json',

  encode(reading: Reading): string {
    const { id, type, value, unit, seq } = reading;
    return `[{"n":"${id}","u":"${unit}","t":${senmlSeconds(reading)},"v":${value},"type":"${type}","seq":${seq}}]`;
  },

  decode(payload: Uint8Array, receivedAt?: number): DecodedReading[] {
    const pack = jsonOf(payload);
    if (!Array.isArray(pack)) {
      throw malformed('the payload is JSON, but not an array of SenML records');
    }
    return readingsOfPack(pack, receivedAt);
  },

  looksLike: (payload) => firstByte(payload) === 0x5b,
};
