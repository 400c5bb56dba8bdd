import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/*
 * DIR/spool.json              what the spool is and whose
 * DIR/LOCK                    one gateway at a time; of one in a container LOCK.*.sock too, which answers while it lives
 * DIR/cursor                  what is settled, what may be at the sink
 * DIR/<base position>.spool   segments: a header, then frames
 * DIR/corrupt/                what was damaged, as it was found
 *
 * Header of a segment: "SSPL" | u32 version | 8 bytes spool id | u48 base position | u32 CRC-32 of these
 */

export const formatVersion = 1;
export const lockFileName = 'LOCK';
export const corruptDirectoryName = 'corrupt';

export const segmentHeaderBytes = 26;
const headerMagic = Buffer.from('SSPL');
const segmentPattern = /^(\d{20})\.spool$/;

/** Positions are numbers of 48 bits. */
export const maxPosition = 2 ** 48 - 1;

export function segmentPath(directory: string, base: number): string {
  return join(directory, segmentFileName(base));
}

export function segmentFileName(base: number): string {
  return `${String(base).padStart(20, '0')}.spool`;
}

/** Base positions of the segments among the names of a folder, ascending. */
export function segmentBases(names: readonly string[]): number[] {
  return names
    .map((name) => Number(segmentPattern.exec(name)?.[1]))
    .filter((base) => base <= maxPosition)
    .sort((a, b) => a - b);
}

/**
 * Where the checksums of a segment start from. It is made of what the folder and the file's name say, so that a damaged
 * header costs no records.
 */
export function segmentSalt(id: Buffer, base: number): number {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntLE(base, 0, 6);
  return crc32(bytes, crc32(id));
}

export function encodeSegmentHeader(id: Buffer, base: number): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  headerMagic.copy(bytes);
  bytes.writeUInt32LE(formatVersion, 4);
  id.copy(bytes, 8);
  bytes.writeUIntLE(base, 16, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 22)), 22);
  return bytes;
}

/** `own`: of this spool and place. `foreign`: whole, but of another. `damaged`: none. */
export type HeaderState = 'own' | 'foreign' | 'damaged';

export function headerState(bytes: Buffer, id: Buffer, base: number): HeaderState {
  const isWhole =
    bytes.length >= segmentHeaderBytes &&
    headerMagic.equals(bytes.subarray(0, 4)) &&
    crc32(bytes.subarray(0, 22)) === bytes.readUInt32LE(22);
  if (!isWhole) {
    return 'damaged';
  }
  const expected = encodeSegmentHeader(id, base);
  return expected.equals(bytes.subarray(0, segmentHeaderBytes)) ? 'own' : 'foreign';
}
