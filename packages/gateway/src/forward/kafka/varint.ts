/** Zigzag varints, as records of Kafka hold them (protobuf's `sint32` and `sint64`). */

/** Bytes that a whole number takes, |value| ≤ 2^52. */
export function varintBytes(value: number): number {
  // The usual case by hand: called several times a record.
  if (value >= 0 && value < 0x800_0000) {
    return value < 0x40 ? 1 : value < 0x2000 ? 2 : value < 0x10_0000 ? 3 : 4;
  }
  let rest = zigzag(value);
  let bytes = 1;
  for (; rest >= 0x80; bytes++) {
    rest = Math.floor(rest / 0x80);
  }
  return bytes;
}

/** Writes a whole number, |value| ≤ 2^52, and returns where it ends. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let end = at;
  if (value >= 0 && value < 0x800_0000) {
    let rest = value << 1;
    while (rest >= 0x80) {
      into[end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    into[end++] = rest;
    return end;
  }
  let rest = zigzag(value);
  while (rest >= 0x80) {
    into[end++] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
  }
  into[end++] = rest;
  return end;
}

/** 0, -1, 1, -2 … become 0, 1, 2, 3 …; by arithmetic, because bit operators know 32 bits only. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
