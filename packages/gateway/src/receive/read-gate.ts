import type { Duplex } from 'node:stream';
import type { Origin, Pending } from '../acknowledge/pending.js';
import { PacketSize } from './packet-size.js';

export interface ReadGateOptions {
  readonly stream: Duplex;
  readonly pending: Pending;
  readonly maxPendingRecords: number;
  readonly maxPendingBytes: number;
  readonly maxPacketBytes: number;
  /** A packet is too large, or its length malformed; the stream is destroyed. */
  readonly onRefused: () => void;
}

/**
 * Stands between a device's socket and the broker, which reads it with `read()` on `readable`. While too much is pending,
 * `read()` gives nothing: the stream's buffer fills, then the kernel's, then the device's.
 * (aedes' own `pause()` forgets the packets that are finished while it lasts, and then reads no further.)
 */
export class ReadGate implements Origin {
  pendingRecords = 0;
  pendingBytes = 0;
  readonly maxPendingRecords: number;
  readonly maxPendingBytes: number;
  readonly #stream: Duplex;
  #discarding = false;

  constructor(options: ReadGateOptions) {
    const { stream, pending, maxPacketBytes, onRefused } = options;
    this.#stream = stream;
    this.maxPendingRecords = options.maxPendingRecords;
    this.maxPendingBytes = options.maxPendingBytes;
    const sizes = new PacketSize(maxPacketBytes);
    const read = stream.read.bind(stream);
    stream.read = (size?: number) => {
      // `read(0)` is how Node.js itself starts the flow.
      if (size === 0) {
        return read(0);
      }
      if (!this.#discarding && !pending.mayRead(this)) {
        return null;
      }
      const chunk: Buffer | null = read(size);
      if (chunk === null || this.#discarding) {
        return null;
      }
      if (!sizes.accepts(chunk)) {
        onRefused();
        stream.destroy();
        return null;
      }
      return chunk;
    };
    stream.once('close', () => pending.forget(this));
  }

  resume(): void {
    if (!this.#stream.destroyed) {
      this.#stream.emit('readable');
    }
  }

  /** From now on what arrives is thrown away, so that closing does not reset the connection under the last answers. */
  discard(): void {
    this.#discarding = true;
    this.#stream.on('readable', () => this.#stream.read());
    this.#stream.read();
  }
}
