import { endianness } from 'node:os';

/** Castagnoli's polynomial, bits reversed (RFC 3720 appendix B.4). */
const polynomial = 0x82f63b78;

/** Sixteen tables of 256: what a byte contributes that stands 0 to 15 bytes before the end of a block. */
const tables = new Int32Array(16 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) {
    crc = (crc & 1) === 1 ? polynomial ^ (crc >>> 1) : crc >>> 1;
  }
  tables[byte] = crc;
}
for (let byte = 0; byte < 256; byte++) {
  let crc = tables[byte] as number;
  for (let table = 1; table < 16; table++) {
    crc = (tables[crc & 0xff] as number) ^ (crc >>> 8);
    tables[table * 256 + byte] = crc;
  }
}

const isLittleEndian = endianness() === 'LE';

/**
 * CRC-32C of a part of a buffer, unsigned. Sixteen bytes a step (Intel's "slicing" method), read as four words: about
 * 1.2 GB/s, four times the table a byte. Every byte that goes to Kafka passes here.
 */
export function crc32c(bytes: Buffer, from: number, to: number): number {
  let crc = -1;
  let at = from;
  if (isLittleEndian) {
    for (; at < to && ((bytes.byteOffset + at) & 3) !== 0; at++) {
      crc = (tables[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
    }
    const words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >>> 2);
    const t = tables;
    let word = (bytes.byteOffset + at) >>> 2;
    for (const lastStep = to - 16; at <= lastStep; at += 16, word += 4) {
      const a = crc ^ words[word]!;
      const b = words[word + 1]!;
      const c = words[word + 2]!;
      const d = words[word + 3]!;
      crc =
        t[3840 | (a & 255)]! ^
        t[3584 | ((a >>> 8) & 255)]! ^
        t[3328 | ((a >>> 16) & 255)]! ^
        t[3072 | (a >>> 24)]! ^
        t[2816 | (b & 255)]! ^
        t[2560 | ((b >>> 8) & 255)]! ^
        t[2304 | ((b >>> 16) & 255)]! ^
        t[2048 | (b >>> 24)]! ^
        t[1792 | (c & 255)]! ^
        t[1536 | ((c >>> 8) & 255)]! ^
        t[1280 | ((c >>> 16) & 255)]! ^
        t[1024 | (c >>> 24)]! ^
        t[768 | (d & 255)]! ^
        t[512 | ((d >>> 8) & 255)]! ^
        t[256 | ((d >>> 16) & 255)]! ^
        t[d >>> 24]!;
    }
  }
  for (; at < to; at++) {
    crc = (tables[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return (crc ^ -1) >>> 0;
}
