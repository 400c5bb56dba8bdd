import type { Duplex } from 'node:stream';
import type { Client } from 'aedes';
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

/** What aedes counts of a connection: packets of its last read that are not finished. It reads on at zero. */
type CountingClient = Client & { _parsingBatch: number };

/**
 * Stands between a device's socket and aedes, which reads it with `read()` on `readable`, and decides when it is read.
 * While too much is pending, `read()` gives nothing: the stream's buffer fills, then the kernel's, then the device's.
 * Otherwise it is read at once. Left to itself, aedes would read on only when all messages of its last read are
 * acknowledged, and not answer a ping meanwhile, so that devices would give up the connection whenever the sink is slow.
 * (aedes' `pause()` is no help: it forgets what finishes meanwhile, and then never reads on.)
 */
export class ReadGate implements Origin {
  pendingRecords = 0;
  pendingBytes = 0;
  readonly maxPendingRecords: number;
  readonly maxPendingBytes: number;
  readonly #stream: Duplex;
  readonly #read: (size?: number) => Buffer | null;
  #discarding = false;

  constructor(options: ReadGateOptions) {
    const { stream, pending, maxPacketBytes, onRefused } = options;
    this.#stream = stream;
    this.maxPendingRecords = options.maxPendingRecords;
    this.maxPendingBytes = options.maxPendingBytes;
    const sizes = new PacketSize(maxPacketBytes);
    const read = stream.read.bind(stream);
    this.#read = read;
    stream.read = (size?: number) => {
      // `read(0)` is how Node.js itself starts the flow.
      if (size === 0) {
        return read(0);
      }
      // aedes tries after each message; most often nothing is there.
      if (stream.readableLength === 0 || this.#discarding || !pending.mayRead(this)) {
        return null;
      }
      const chunk: Buffer | null = read();
      if (chunk !== null && !sizes.accepts(chunk)) {
        onRefused();
        stream.destroy();
        return null;
      }
      return chunk;
    };
    stream.once('close', () => pending.forget(this));
  }

  /** Call once aedes has its listeners on the stream. */
  attach(client: Client): void {
    const stream = this.#stream;
    stream.on('readable', () => {
      if (stream.readableLength === 0 || this.#discarding) {
        // A stream says that it has ended only to who reads it.
        this.#read();
      } else if (client.connected && (client as CountingClient)._parsingBatch > 0) {
        (client as CountingClient)._parsingBatch = 0;
        stream.emit('readable');
      }
    });
  }

  resume(): void {
    if (!this.#stream.destroyed) {
      this.#stream.emit('readable');
    }
  }

  /** From now on what arrives is thrown away, so that closing does not reset the connection under the last answers. */
  discard(): void {
    this.#discarding = true;
    this.resume();
  }
}
