import { Buffer } from 'node:buffer';
import type { Codec } from './codec.js';
import { firstByte, jsonObjectOf } from './json-payload.js';
import { legacyTimestampMs } from './legacy-time.js';
import type { DecodedReading, Reading } from './reading.js';
import { invalid, validReading } from './valid-reading.js';

/** What the 2018 successor calls our types. Any other type keeps its name. */
const legacyTypeOf: ReadonlyMap<string, string> = new Map([
  ['temperature', 'room_temperature'],
  ['light', 'luxometer'],
]);
const typeOfLegacy: ReadonlyMap<string, string> = new Map(
  [...legacyTypeOf].map(([ours, theirs]) => [theirs, ours]),
);

const fieldNames = {
  id: 'sensorID',
  type: 'sensorType',
  value: 'value',
  unit: 'unit',
  ts: 'timestamp',
  seq: 'seq',
} as const;

/**
 * The object that the successor of the 2018 lab puts on its topic. It carries whole seconds, no unit and no sequence
 * number: those are lost on the way. `daydate` is the UTC day of the timestamp, and is ignored when read.
 */
export const legacyJsonCodec: Codec = {
  name: 'legacy-json',
  title:
    '{"sensorID":"temp-0001","sensorType":"room_temperature","value":18,"timestamp":1795492016,"daydate":20261124} (2018 successor)',
  contentType: 'application/json',

  encode({ id, type, value, ts }: Reading): string {
    const seconds = Math.floor(ts / 1_000);
    return `{"sensorID":"${id}","sensorType":"${legacyTypeOf.get(type) ?? type}","value":${value},"timestamp":${seconds},"daydate":${dayDate(seconds)}}`;
  },

  decode(payload: Uint8Array): DecodedReading[] {
    const { sensorID, sensorType, value, timestamp } = jsonObjectOf(payload);
    if (!Number.isSafeInteger(timestamp) || (timestamp as number) < 0) {
      return invalid('timestamp', 'whole seconds (or milliseconds from 10^11) since the epoch', timestamp);
    }
    const type = typeof sensorType === 'string' ? (typeOfLegacy.get(sensorType) ?? sensorType) : sensorType;
    const ts = legacyTimestampMs(timestamp as number);
    return [validReading({ id: sensorID, type, value, ts }, fieldNames)];
  },

  looksLike: (payload) =>
    firstByte(payload) === 0x7b &&
    Buffer.from(payload.buffer, payload.byteOffset, payload.length).includes('"sensorID"'),
};

/** `yyyymmdd` of a time in UTC, as a number. */
function dayDate(seconds: number): number {
  const date = new Date(seconds * 1_000);
  return date.getUTCFullYear() * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
}
