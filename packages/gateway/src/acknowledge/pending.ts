/** A connection, as far as backpressure goes. Its counts are kept by `Pending`. */
export interface Origin {
  pendingRecords: number;
  pendingBytes: number;
  /** The bounds of this connection; Infinity where something else bounds it. */
  readonly maxPendingRecords: number;
  readonly maxPendingBytes: number;
  /** Reads again. Called only after `mayRead` has said no, and never from within `leave`. */
  resume(): void;
}

export interface PendingLimits {
  /** Records taken and not yet safe, of all connections. */
  readonly maxRecords: number;
  /** The same in payload bytes. */
  readonly maxBytes: number;
}

/**
 * Counts what was taken and is not yet safe, and says whether a connection may be read. A connection that may not is left
 * unread, so that its device's socket fills up; it is read again when its share, and the whole, have fallen to half.
 * The bounds may be exceeded by what one read of a socket holds (64 KiB), once a connection.
 */
export class Pending {
  records = 0;
  bytes = 0;
  /** How often a connection had to wait. */
  pauses = 0;
  readonly #limits: PendingLimits;
  readonly #waiting = new Set<Origin>();
  #full = false;
  #scheduled = false;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /** Connections that wait to be read. */
  get paused(): number {
    return this.#waiting.size;
  }

  enter(origin: Origin, bytes: number): void {
    origin.pendingRecords++;
    origin.pendingBytes += bytes;
    this.records++;
    this.bytes += bytes;
    if (this.records >= this.#limits.maxRecords || this.bytes >= this.#limits.maxBytes) {
      this.#full = true;
    }
  }

  leave(origin: Origin, bytes: number): void {
    origin.pendingRecords--;
    origin.pendingBytes -= bytes;
    this.records--;
    this.bytes -= bytes;
    if (
      this.#full &&
      this.records <= this.#limits.maxRecords / 2 &&
      this.bytes <= this.#limits.maxBytes / 2
    ) {
      this.#full = false;
    }
    if (this.#waiting.size > 0 && !this.#full && !this.#scheduled) {
      this.#scheduled = true;
      // Later, so that a sink never sees new records while it reports old ones safe.
      setImmediate(() => this.#resume());
    }
  }

  /** Whether to read this connection now. A no is followed by `origin.resume()` when the answer has changed. */
  mayRead(origin: Origin): boolean {
    if (
      !this.#full &&
      origin.pendingRecords < origin.maxPendingRecords &&
      origin.pendingBytes < origin.maxPendingBytes
    ) {
      return true;
    }
    if (!this.#waiting.has(origin)) {
      this.#waiting.add(origin);
      this.pauses++;
    }
    return false;
  }

  /** The connection is gone; its records stay counted until they are safe. */
  forget(origin: Origin): void {
    this.#waiting.delete(origin);
  }

  #resume(): void {
    this.#scheduled = false;
    for (const origin of this.#waiting) {
      // Reading one connection may fill the whole again; those behind it keep their turn.
      if (this.#full) {
        return;
      }
      if (
        origin.pendingRecords <= origin.maxPendingRecords / 2 &&
        origin.pendingBytes <= origin.maxPendingBytes / 2
      ) {
        this.#waiting.delete(origin);
        origin.resume();
      }
    }
  }
}
