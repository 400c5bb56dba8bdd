import type { Writable } from 'node:stream';
import { type Clock, type ConnectionEvent, SuiteError, type WaitHandle } from 'sensorsim-shared';
import type { Recorder } from '../sensor.js';
import { FateBatch } from './fate-batch.js';
import type { FromFleet } from './fleet-messages.js';
import { type FrameTag, frameHeader } from './frame.js';

/** Rows and events gather up to so many characters, or for so long, before they go. */
const gatherChars = 64 * 1024;
const gatherMs = 50;
/** With more than this on its way to a slow reader, what can be told later is not added to it. */
const behindBytes = 1024 * 1024;
/** With more than this the run cannot go on: rows must not be dropped, nor memory grow. */
const mostWaitingBytes = 64 * 1024 * 1024;

export interface FleetOutputOptions {
  /** Must not block while its reader is slow. */
  readonly stream: Writable;
  /** Machine time. */
  readonly machine: Clock;
  /** Called once: FLEET_BACKLOG. */
  readonly onFatal: (error: SuiteError) => void;
}

/**
 * What a fleet says to its lab, as frames on one stream. Truth rows, connection events and fates are put together, so that
 * one of them costs little. Where the reader is slow they wait, up to 64 MiB; then the run ends with FLEET_BACKLOG.
 */
export class FleetOutput implements Recorder {
  readonly #options: FleetOutputOptions;
  readonly #fates = new FateBatch();
  #rows = '';
  #rowCount = 0;
  #events = '';
  #eventCount = 0;
  #timer: WaitHandle | undefined;
  #isOverfull = false;

  constructor(options: FleetOutputOptions) {
    this.#options = options;
  }

  /** The reader is slow: what can be told later may be left out now. */
  get isBehind(): boolean {
    return this.#options.stream.writableLength > behindBytes;
  }

  truthLine(line: string): void {
    this.#rows += `${line}\n`;
    this.#rowCount++;
    this.#gathered(this.#rows.length >= gatherChars);
  }

  truthBytes(bytes: Uint8Array, rows: number): void {
    this.flush();
    this.#write('R', rows, Buffer.from(bytes));
  }

  connection(event: ConnectionEvent): void {
    this.#events += `${JSON.stringify(event)}\n`;
    this.#eventCount++;
    this.#gathered(this.#events.length >= gatherChars);
  }

  /** A reading was confirmed; see `FateBatch`. */
  fate(device: number, due: number, elapsedMs: number): void {
    this.#fates.add(device, due, elapsedMs);
    this.#gathered(this.#fates.isFull);
  }

  /** Goes at once, behind everything that was gathered. */
  message(message: FromFleet): void {
    this.#options.stream.cork();
    this.flush();
    this.#write('M', 1, Buffer.from(JSON.stringify(message)));
    this.#options.stream.uncork();
  }

  /** Sends what was gathered. */
  flush(): void {
    const { stream, onFatal } = this.#options;
    this.#timer?.cancel();
    this.#timer = undefined;
    stream.cork();
    if (this.#rowCount > 0) {
      this.#write('R', this.#rowCount, Buffer.from(this.#rows));
      this.#rows = '';
      this.#rowCount = 0;
    }
    if (this.#eventCount > 0) {
      this.#write('C', this.#eventCount, Buffer.from(this.#events));
      this.#events = '';
      this.#eventCount = 0;
    }
    if (this.#fates.count > 0) {
      this.#write('F', this.#fates.count, this.#fates.take());
    }
    stream.uncork();
    if (stream.writableLength > mostWaitingBytes && !this.#isOverfull) {
      this.#isOverfull = true;
      onFatal(new SuiteError('FLEET_BACKLOG', 'the truth rows of the fleet were not taken in time'));
    }
  }

  /** Under a clock that waits: resolves when the reader has caught up; undefined: it has. */
  room(): Promise<void> | undefined {
    const { stream } = this.#options;
    this.flush();
    return this.isBehind && !stream.destroyed ? this.#emptied() : undefined;
  }

  /** Sends what is left, and resolves when it is out, or cannot get out within this time. */
  async close(timeoutMs: number): Promise<void> {
    this.flush();
    const { machine } = this.#options;
    let timer: WaitHandle | undefined;
    const late = new Promise<void>((resolve) => {
      timer = machine.wake(machine.now() + timeoutMs, resolve);
    });
    await Promise.race([this.#emptied(), late]);
    timer?.cancel();
  }

  #gathered(isEnough: boolean): void {
    if (isEnough) {
      this.flush();
    } else if (this.#timer === undefined) {
      const { machine } = this.#options;
      this.#timer = machine.wake(machine.now() + gatherMs, () => this.flush());
    }
  }

  #write(tag: FrameTag, count: number, payload: Buffer): void {
    const { stream } = this.#options;
    // Nobody reads any more: the end of the input says so too.
    if (stream.writable) {
      stream.write(frameHeader(tag, payload.length, count));
      stream.write(payload);
    }
  }

  #emptied(): Promise<void> {
    const { stream } = this.#options;
    return stream.writable ? new Promise((resolve) => stream.write('', () => resolve())) : Promise.resolve();
  }
}
