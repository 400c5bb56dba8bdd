import { type Codec, type DecodedReading, type Reading, SuiteError } from 'sensorsim-shared';

/** What a format needs besides id, time and value; what its readings lack, a receiver cannot make up. */
const needs: Readonly<Record<string, readonly (keyof Reading)[]>> = {
  text: [],
  'legacy-json': ['type'],
};

/**
 * A reading in another format. JSON leaves out what is not known; the others refuse.
 * @throws {SuiteError} DECODE_INVALID: the reading lacks what the format has to say; ENCODE_UNREPRESENTABLE
 */
export function transcode(reading: DecodedReading, codec: Codec): Uint8Array {
  const { id, type, value, unit, ts, seq } = reading;
  if (codec.name === 'json') {
    return Buffer.from(JSON.stringify({ id, type, value, unit, ts, seq }));
  }
  for (const field of needs[codec.name] ?? (['type', 'unit', 'seq'] as const)) {
    if (reading[field] === undefined) {
      throw new SuiteError(
        'DECODE_INVALID',
        `the reading cannot be written as ${codec.name}: it has no ${field}`,
      );
    }
  }
  const encoded = codec.encode(reading as Reading);
  return typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
}
