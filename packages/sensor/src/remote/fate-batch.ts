/** Of one fate: index of the device (u32), when it was due (f64, device ms), due to confirmation (f64, machine ms); little endian. */
const fateBytes = 20;
const mostFates = 2_048;

/** Gathers confirmed readings on their way to the lab, 20 bytes each, and allocates only when it is taken. */
export class FateBatch {
  readonly #bytes = Buffer.allocUnsafe(mostFates * fateBytes);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === mostFates;
  }

  /**
   * The batch must not be full.
   * @param device its index in the whole fleet
   * @param due device time, ms since the epoch, with its fraction
   */
  add(device: number, due: number, elapsedMs: number): void {
    const at = this.#count * fateBytes;
    this.#bytes.writeUInt32LE(device, at);
    this.#bytes.writeDoubleLE(due, at + 4);
    this.#bytes.writeDoubleLE(elapsedMs, at + 12);
    this.#count++;
  }

  /** What was gathered; begins anew. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#count * fateBytes));
    this.#count = 0;
    return taken;
  }
}

/** Reads the payload of a batch, in the order in which it was gathered. */
export function readFates(
  payload: Buffer,
  onFate: (device: number, due: number, elapsedMs: number) => void,
): void {
  for (let at = 0; at + fateBytes <= payload.length; at += fateBytes) {
    onFate(payload.readUInt32LE(at), payload.readDoubleLE(at + 4), payload.readDoubleLE(at + 12));
  }
}
