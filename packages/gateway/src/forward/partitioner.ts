import { Buffer } from 'node:buffer';

const seed = 0x9747b28c | 0;
const multiplier = 0x5bd1e995;

/**
 * The hash of Kafka's Java client (`org.apache.kafka.common.utils.Utils.murmur2`, Kafka 4.3), a signed 32-bit number.
 * @param key hashed as UTF-8
 */
export function murmur2(key: string): number {
  // Device ids are ASCII, and for ASCII the characters are the bytes: no buffer is made for them.
  return isAscii(key) ? hash(key.length, (at) => key.charCodeAt(at)) : hashBytes(Buffer.from(key, 'utf8'));
}

/**
 * The partition of a key as Kafka's Java client chooses it, so that every producer of a topic agrees.
 * @param partitions how many the topic has, ≥ 1
 * @returns 0 … partitions - 1
 */
export function murmur2Partition(key: string, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) {
      return false;
    }
  }
  return true;
}

function hashBytes(bytes: Uint8Array): number {
  return hash(bytes.length, (at) => bytes[at] as number);
}

function hash(length: number, byteAt: (at: number) => number): number {
  let h = seed ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k = byteAt(at) | (byteAt(at + 1) << 8) | (byteAt(at + 2) << 16) | (byteAt(at + 3) << 24);
    k = Math.imul(k, multiplier);
    k = Math.imul(k ^ (k >>> 24), multiplier);
    h = Math.imul(h, multiplier) ^ k;
  }
  if (at < length) {
    let rest = 0;
    for (let last = length - 1; last >= at; last--) {
      rest = (rest << 8) | byteAt(last);
    }
    h = Math.imul(h ^ rest, multiplier);
  }
  h = Math.imul(h ^ (h >>> 13), multiplier);
  return h ^ (h >>> 15);
}
