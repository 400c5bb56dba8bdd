import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.js';

/** The definition, a bit at a time. */
function slow(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1) === 1 ? 0x82f63b78 ^ (crc >>> 1) : crc >>> 1;
    }
  }
  return (crc ^ -1) >>> 0;
}

describe('crc32c', () => {
  // RFC 3720 appendix B.4, and the check value of the CRC catalogues.
  it.each([
    [Buffer.from('123456789'), 0xe3069283],
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ])('gives the published value', (bytes, crc) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(crc);
  });

  it('agrees with the definition, wherever a part begins and ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), fc.nat(20), (array, before, after) => {
        const whole = Buffer.concat([Buffer.alloc(before, 7), array, Buffer.alloc(after, 9)]);
        expect(crc32c(whole, before, before + array.length)).toBe(slow(array));
      }),
    );
  });
});
