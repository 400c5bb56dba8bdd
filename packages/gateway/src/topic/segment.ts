import { crc32 } from 'node:zlib';
import type { NewTopicRecord } from './topic-record.js';

/*
 * A segment file, all numbers little-endian:
 *   header  "SSEG" | u32 version | u32 salt | u48 base offset
 *   frame*  u32 body length | u32 CRC-32 of the body, started from the salt | body
 *   body    u48 offset | f64 timestamp | u16 key length | u16 headers | u32 value length | key | value | header*
 *   header* u16 name length | u32 value length | name | value
 * The salt keeps a payload from holding what looks like a frame.
 */

export const segmentHeaderBytes = 18;
const magic = Buffer.from('SSEG');
const version = 1;

const frameHeadBytes = 8;
const bodyFixedBytes = 22;
const minFrameBytes = frameHeadBytes + bodyFixedBytes;

/** No frame is longer; what says it is, is damaged. */
export const maxFrameBytes = 16 * 1024 * 1024;

export interface SegmentHeader {
  readonly salt: number;
  readonly baseOffset: number;
}

export function encodeSegmentHeader({ salt, baseOffset }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(version, 4);
  bytes.writeUInt32LE(salt, 8);
  bytes.writeUIntLE(baseOffset, 12, 6);
  return bytes;
}

/** Undefined where the bytes are not the header of a segment that begins at `baseOffset`. */
export function decodeSegmentHeader(bytes: Buffer, baseOffset: number): SegmentHeader | undefined {
  const isHeader =
    bytes.length >= segmentHeaderBytes &&
    magic.equals(bytes.subarray(0, 4)) &&
    bytes.readUInt32LE(4) === version &&
    bytes.readUIntLE(12, 6) === baseOffset;
  return isHeader ? { salt: bytes.readUInt32LE(8), baseOffset } : undefined;
}

/** Bytes that a record takes in a segment. */
export function frameBytes({ key, value, headers }: NewTopicRecord): number {
  let bytes = minFrameBytes + Buffer.byteLength(key) + value.length;
  for (const name in headers) {
    bytes += 6 + Buffer.byteLength(name) + Buffer.byteLength(headers[name] as string);
  }
  return bytes;
}

/** Writes a frame and returns where it ends. Called once a record: into a buffer of its batch, with no copy between. */
export function writeFrame(
  into: Buffer,
  at: number,
  record: NewTopicRecord,
  offset: number,
  salt: number,
): number {
  const body = at + frameHeadBytes;
  into.writeUIntLE(offset, body, 6);
  into.writeDoubleLE(record.timestamp, body + 6);
  into.writeUInt32LE(record.value.length, body + 18);
  let end = body + bodyFixedBytes;
  const keyBytes = into.write(record.key, end);
  into.writeUInt16LE(keyBytes, body + 14);
  end += keyBytes;
  into.set(record.value, end);
  end += record.value.length;
  let headers = 0;
  for (const name in record.headers) {
    const nameBytes = into.write(name, end + 6);
    const valueBytes = into.write(record.headers[name] as string, end + 6 + nameBytes);
    into.writeUInt16LE(nameBytes, end);
    into.writeUInt32LE(valueBytes, end + 2);
    end += 6 + nameBytes + valueBytes;
    headers++;
  }
  into.writeUInt16LE(headers, body + 16);
  into.writeUInt32LE(end - body, at);
  into.writeUInt32LE(crc32(into.subarray(body, end), salt), at + 4);
  return end;
}

/**
 * Where the frame at `at` ends. Negative: there is no whole frame: `incomplete` is one that the bytes end in, `damaged`
 * one that is none.
 */
export function frameEnd(bytes: Buffer, at: number, salt: number): number {
  const lengthEnd = at + 4;
  if (bytes.length < lengthEnd) {
    return incomplete;
  }
  const bodyBytes = bytes.readUInt32LE(at);
  if (bodyBytes < bodyFixedBytes || bodyBytes > maxFrameBytes) {
    return damaged;
  }
  const end = at + frameHeadBytes + bodyBytes;
  if (bytes.length < end) {
    return incomplete;
  }
  const isWhole = crc32(bytes.subarray(at + frameHeadBytes, end), salt) === bytes.readUInt32LE(at + 4);
  return isWhole ? end : damaged;
}

export const incomplete = -1;
export const damaged = -2;

/** Bytes that the frame at `at` says it takes. */
export function declaredFrameBytes(bytes: Buffer, at: number): number {
  return frameHeadBytes + bytes.readUInt32LE(at);
}

export function frameOffset(bytes: Buffer, at: number): number {
  return bytes.readUIntLE(at + frameHeadBytes, 6);
}

/** A record with the offset that its frame carries. */
export type StoredRecord = NewTopicRecord & { readonly offset: number };

/** The record of a frame that `frameEnd` found whole; its value is a copy. */
export function readFrame(bytes: Buffer, at: number): StoredRecord {
  const body = at + frameHeadBytes;
  const keyEnd = body + bodyFixedBytes + bytes.readUInt16LE(body + 14);
  const valueEnd = keyEnd + bytes.readUInt32LE(body + 18);
  const headers: Record<string, string> = {};
  let next = valueEnd;
  for (let left = bytes.readUInt16LE(body + 16); left > 0; left--) {
    const nameEnd = next + 6 + bytes.readUInt16LE(next);
    const end = nameEnd + bytes.readUInt32LE(next + 2);
    headers[bytes.toString('utf8', next + 6, nameEnd)] = bytes.toString('utf8', nameEnd, end);
    next = end;
  }
  return {
    offset: bytes.readUIntLE(body, 6),
    timestamp: bytes.readDoubleLE(body + 6),
    key: bytes.toString('utf8', body + bodyFixedBytes, keyEnd),
    // Copied, so that a record that is kept does not keep the whole chunk.
    value: new Uint8Array(bytes.subarray(keyEnd, valueEnd)),
    headers,
  };
}

/**
 * Whether a whole record with a later offset stands anywhere behind `at`, where there is none. Then what stands at `at`
 * was not the end of what was written: it is damaged. Otherwise it is the torn tail of a write that did not end.
 */
export function recordFollows(bytes: Buffer, at: number, expectedOffset: number, salt: number): boolean {
  const highestOffset = expectedOffset + Math.ceil((bytes.length - at) / minFrameBytes);
  for (let candidate = at + 1; candidate + minFrameBytes <= bytes.length; candidate++) {
    const offset = frameOffset(bytes, candidate);
    // Offsets are looked at first: a checksum at every byte would take for ever.
    if (offset > expectedOffset && offset <= highestOffset && frameEnd(bytes, candidate, salt) > 0) {
      return true;
    }
  }
  return false;
}
