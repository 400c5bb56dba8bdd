import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SuiteError } from '../error/index.js';
import { codecs, decodePayload, detectCodec, type Reading } from './index.js';

const utf8 = new TextEncoder();
const bytesOf = (encoded: string | Uint8Array): Uint8Array =>
  typeof encoded === 'string' ? utf8.encode(encoded) : encoded;

/** From 1978 on, which SenML needs; every format can say these. */
const reading = fc.record<Reading>({
  id: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/),
  type: fc.oneof(
    fc.constantFrom('temperature', 'light', 'humidity'),
    fc.stringMatching(/^[a-z0-9_-]{1,64}$/),
  ),
  value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  unit: fc.constantFrom('Cel', 'lx', '%RH', 'V'),
  ts: fc.integer({ min: 2 ** 28 * 1_000, max: 9_999_999_999_999 }),
  seq: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});

/** What is left of a reading after a trip in each format. */
const survives: Record<string, (whole: Reading) => Partial<Reading>> = {
  json: (whole) => whole,
  senml: (whole) => whole,
  'senml-cbor': (whole) => whole,
  'legacy-json': ({ id, type, value, ts }) => ({ id, type, value, ts: Math.floor(ts / 1_000) * 1_000 }),
  text: ({ id, value, ts }) => ({ id, value, ts }),
};

/** Types that a legacy name would turn into another type on the way back. */
const isLegacyName = (type: string) => type === 'room_temperature' || type === 'luxometer';

describe.each(codecs.map((codec) => [codec.name, codec] as const))('%s', (name, codec) => {
  it('gives back what it was given, and is recognised, with and without a content type', () => {
    fc.assert(
      fc.property(reading, (whole) => {
        fc.pre(!isLegacyName(whole.type));
        // An id like this reads as an earlier timestamp; no format but text cares.
        fc.pre(name !== 'text' || !/-\d{1,16}-$/.test(whole.id));
        const payload = bytesOf(codec.encode(whole));
        const expected = [(survives[name] as (whole: Reading) => Partial<Reading>)(whole)];
        expect(codec.decode(payload)).toEqual(expected);
        expect(detectCodec(payload)?.name).toBe(name);
        expect(decodePayload(payload, { contentType: codec.contentType })).toEqual({
          codec,
          readings: expected,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('reads a view into a larger buffer, as clients deliver it', () => {
    const payload = bytesOf(
      codec.encode({ id: 'a', type: 't', value: 1, unit: 'V', ts: 1_700_000_000_000, seq: 0 }),
    );
    const larger = new Uint8Array(payload.length + 20).fill(0x41);
    larger.set(payload, 7);
    expect(codec.decode(larger.subarray(7, 7 + payload.length))[0]?.id).toBe('a');
  });

  it('answers any bytes with readings or a DECODE error, and nothing else', () => {
    const damaged = fc
      .tuple(reading, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
      .map(([whole, at, byte, cut]) => {
        const payload = Uint8Array.from(bytesOf(codec.encode(whole)));
        payload[at % payload.length] = byte;
        return payload.subarray(0, 1 + (cut % payload.length));
      });
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      damaged,
      fc.json().map((text) => utf8.encode(text)),
      fc.array(fc.json(), { maxLength: 3 }).map((parts) => utf8.encode(`[${parts.join(',')}]`)),
    );
    fc.assert(
      fc.property(hostile, (payload) => {
        try {
          const readings = codec.decode(payload);
          expect(readings.length).toBeGreaterThan(0);
          for (const { id, value, ts } of readings) {
            expect(id).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
            expect(Number.isFinite(value) && Number.isSafeInteger(ts) && ts >= 0).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(SuiteError);
          expect((error as SuiteError).code).toMatch(/^DECODE_/);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
          expect((error as SuiteError).message).not.toMatch(/[\u0000-\u001f]/);
        }
        codec.looksLike(payload);
      }),
      { numRuns: 1_000 },
    );
  });

  const large = 300_000;
  const filled = (byte: number) => new Uint8Array(large).fill(byte);
  it.each<[string, Uint8Array, string?]>([
    ['nothing', new Uint8Array(0), 'DECODE_EMPTY'],
    ['NUL', new Uint8Array(1)],
    ['300 kB of NUL', filled(0)],
    ['300 kB of spaces', filled(0x20)],
    ['300 kB of digits', filled(0x31)],
    ['300 kB of dashes', filled(0x2d)],
    ['300 kB of [', filled(0x5b)],
    ['300 kB of {"a":', utf8.encode('{"a":'.repeat(large / 5))],
    ['a deep array closed', utf8.encode(`${'['.repeat(large / 2)}${']'.repeat(large / 2)}`)],
    ['a deep array for an id', utf8.encode(`{"id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
    ['a deep array for a name', utf8.encode(`[{"n":${'['.repeat(100_000)}${']'.repeat(100_000)},"v":1}]`)],
    ['300 kB of CBOR arrays', filled(0x81)],
    ['300 kB of endless CBOR arrays', filled(0x9f)],
    ['300 kB of CBOR tags', filled(0xc4)],
    ['an endless CBOR pack of endless maps', filled(0x9f).fill(0xbf, 1)],
    ['a CBOR array of 2^53 - 1', Uint8Array.of(0x9b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xa0)],
    ['a CBOR array of 2^64 - 1', new Uint8Array(9).fill(0xff).fill(0x9b, 0, 1)],
    ['a CBOR map of 2^32 - 1', Uint8Array.of(0x81, 0xba, 0xff, 0xff, 0xff, 0xff)],
    ['a CBOR text of 2^32 - 1', Uint8Array.of(0x81, 0xa1, 0x00, 0x7a, 0xff, 0xff, 0xff, 0xff)],
    ['an endless CBOR text', Uint8Array.of(0x81, 0xa1, 0x00, 0x7f, 0x61, 0x61, 0xff)],
    ['invalid UTF-8', Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)],
    ['a lone surrogate', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['null', utf8.encode('null')],
    ['__proto__', utf8.encode('{"__proto__":{"id":"a","value":1,"ts":1,"polluted":1}}')],
    ['__proto__ in a pack', utf8.encode('[{"__proto__":{"n":"a","v":1,"polluted":1}}]')],
  ])('refuses %s at once', (_what, payload, code) => {
    const startedAt = performance.now();
    expect(() => codec.decode(payload)).toThrow(SuiteError);
    expect(() => codec.decode(payload)).toThrow(
      expect.objectContaining({ code: code ?? expect.stringMatching(/^DECODE_/) }),
    );
    expect(() => decodePayload(payload)).toThrow(SuiteError);
    // Linear in the payload; a quadratic or exponential reader would take seconds to hours.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
