/**
 * Watches the packets of one MQTT connection go by and knows the size of each from its fixed header (MQTT 3.1.1 §2.2.3),
 * before any of it is buffered: a parser would gather the 256 MiB that a packet may claim.
 */
export class PacketSize {
  readonly #maxBytes: number;
  /** Bytes of the packet under way that are still to come. */
  #rest = 0;
  /** Bits of the remaining length read so far; -1: at the first byte of a packet. */
  #shift = -1;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False once a packet is larger than allowed, or its length is malformed. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#rest > 0) {
        const step = Math.min(this.#rest, chunk.length - at);
        this.#rest -= step;
        at += step;
      } else if (this.#shift < 0) {
        at++;
        this.#shift = 0;
        this.#length = 0;
      } else {
        const byte = chunk[at++] as number;
        this.#length += (byte & 0x7f) * 2 ** this.#shift;
        if (byte < 0x80) {
          if (this.#length > this.#maxBytes) {
            return false;
          }
          this.#rest = this.#length;
          this.#shift = -1;
        } else {
          this.#shift += 7;
          if (this.#shift > 21) {
            return false;
          }
        }
      }
    }
    return true;
  }
}
