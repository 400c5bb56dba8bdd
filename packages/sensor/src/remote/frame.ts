import { SuiteError } from 'sensorsim-shared';

/**
 * What a frame holds. `M`: a `FromFleet` as JSON; `R`: truth rows, whole lines; `C`: connection events, JSON lines;
 * `F`: fates, see `FateBatch`.
 */
export type FrameTag = 'M' | 'R' | 'C' | 'F';

export interface Frame {
  readonly tag: FrameTag;
  /** Rows, events, fates; 1 of a message. */
  readonly count: number;
  readonly payload: Buffer;
}

/** The most that a frame may hold, bytes: the last report of a fleet with many intervals. */
const longestPayloadBytes = 64 * 1024 * 1024;
const longestHeaderBytes = 32;
const headerPattern = /^([MRCF]) (\d{1,8}) (\d{1,8})$/;
const newline = 0x0a;

/** The first bytes of a frame: `R 5120 40` and a newline, so that what follows passes without a look at it. */
export function frameHeader(tag: FrameTag, bytes: number, count: number): string {
  return `${tag} ${bytes} ${count}\n`;
}

/** Takes a stream of frames apart, however it comes in pieces. Keeps one frame at most. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  #header = '';
  #frame: { readonly tag: FrameTag; readonly count: number; readonly bytes: number } | undefined;
  #parts: Buffer[] = [];
  #have = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** In the middle of a frame. */
  get isBroken(): boolean {
    return this.#header !== '' || this.#frame !== undefined;
  }

  /** @throws {SuiteError} FLEET_MISMATCH: that is no stream of frames; what `onFrame` throws */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length || this.#frame?.bytes === 0) {
      if (this.#frame === undefined) {
        at = this.#readHeader(chunk, at);
        continue;
      }
      const { tag, count, bytes } = this.#frame;
      const part = chunk.subarray(at, at + bytes - this.#have);
      at += part.length;
      this.#have += part.length;
      this.#parts.push(part);
      if (this.#have === bytes) {
        const payload = this.#parts.length === 1 ? part : Buffer.concat(this.#parts);
        this.#frame = undefined;
        this.#parts = [];
        this.#have = 0;
        this.#onFrame({ tag, count, payload });
      }
    }
  }

  /** @returns where the payload begins, or the chunk ends */
  #readHeader(chunk: Buffer, from: number): number {
    const found = chunk.indexOf(newline, from);
    const end = found < 0 ? chunk.length : found;
    this.#header += chunk.toString('latin1', from, Math.min(end, from + longestHeaderBytes + 1));
    if (found < 0 && this.#header.length <= longestHeaderBytes) {
      return end;
    }
    const match = headerPattern.exec(this.#header);
    const bytes = Number(match?.[2]);
    if (match === null || bytes > longestPayloadBytes) {
      const said = JSON.stringify(chunk.toString('utf8', from, from + 120).trim());
      throw new SuiteError('FLEET_MISMATCH', `what came is not what a fleet says: ${said}`);
    }
    this.#header = '';
    this.#frame = { tag: match[1] as FrameTag, bytes, count: Number(match[3]) };
    return end + 1;
  }
}
