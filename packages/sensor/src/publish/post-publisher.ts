import { createConnection, type Socket } from 'node:net';
import type { Clock, ConnectionEvent } from 'sensorsim-shared';
import type { DeviceSpec } from '../schedule/fleet.js';
import { connectFailure } from './connect-failure.js';
import type { ConnectionCounts, DueReading, FailReason, FateListener, Publisher } from './publisher.js';
import { ReadingQueue } from './reading-queue.js';

export interface PostPublisherOptions {
  readonly url: URL;
  /** `pair`: temp and lux; `value`: one value. */
  readonly form: 'pair' | 'value';
  readonly devices: readonly DeviceSpec[];
  /** Machine time. */
  readonly machine: Clock;
  readonly fates: FateListener;
  readonly counts: ConnectionCounts;
  readonly log: (line: string) => void;
  readonly onConnection?: ((event: ConnectionEvent) => void) | undefined;
}

/** How long a receiver may take to answer and close. */
const replyTimeoutMs = 10_000;
/** Readings of a device that wait for its last exchange to end. */
const waitingEach = 100;
/** Exchanges at once: each takes a port of this machine for a minute. */
const exchangesAtOnce = 500;

/**
 * Posts as the sensor of 2018 did: for each reading one TCP connection, a request line in its query, no header and no
 * body, and whatever comes back until the receiver closes. Any reply confirms. A device has one exchange at a time, so
 * that its readings keep their order.
 */
export class PostPublisher implements Publisher {
  readonly #options: PostPublisherOptions;
  readonly #queues: ReadingQueue[];
  readonly #busy: Uint8Array;
  /** Devices with readings that wait for an exchange to become free. */
  readonly #ready: number[] = [];
  readonly #sockets = new Set<Socket>();
  #underWay = 0;
  #waiting = 0;
  #saidUnreachable = false;
  #saidRefused = false;
  #onRoom: (() => void) | undefined;
  #onSettled: (() => void) | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: PostPublisherOptions) {
    this.#options = options;
    this.#queues = options.devices.map(() => new ReadingQueue());
    this.#busy = new Uint8Array(options.devices.length);
  }

  get inFlight(): number {
    return this.#underWay;
  }

  get waiting(): number {
    return this.#waiting;
  }

  connectionOf(): string {
    return this.#options.url.href;
  }

  async start(): Promise<void> {}

  hasRoom(device: number): boolean {
    return (this.#queues[device] as ReadingQueue).length < waitingEach;
  }

  whenRoom(callback: () => void): void {
    this.#onRoom = callback;
  }

  publish(reading: DueReading): void {
    if (!this.hasRoom(reading.device)) {
      this.#options.fates.skipped(reading, 'busy');
      return;
    }
    (this.#queues[reading.device] as ReadingQueue).push(reading);
    this.#waiting++;
    this.#next(reading.device);
  }

  drop(): void {}

  flush(): void {}

  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSettled = resolve;
      this.#moved();
    });
  }

  stop(timeoutMs: number): Promise<void> {
    this.#stopping ??= this.#stop(timeoutMs);
    return this.#stopping;
  }

  async #stop(timeoutMs: number): Promise<void> {
    const { machine, fates } = this.#options;
    await new Promise<void>((resolve) => {
      const timeout = machine.wake(machine.now() + timeoutMs, resolve);
      void this.settled().then(() => {
        timeout.cancel();
        resolve();
      });
    });
    for (const queue of this.#queues) {
      for (let reading = queue.shift(); reading !== undefined; reading = queue.shift()) {
        this.#waiting--;
        fates.skipped(reading, 'stopped');
      }
    }
    for (const socket of [...this.#sockets]) {
      socket.destroy();
    }
    await this.settled();
  }

  /** Begins the next exchange of a device, if it has none and there is one to be had. */
  #next(device: number): void {
    if (this.#busy[device] === 1 || (this.#queues[device] as ReadingQueue).length === 0) {
      return;
    }
    if (this.#underWay >= exchangesAtOnce) {
      // Twice in the list does no harm: the second time there is nothing to do.
      this.#ready.push(device);
      return;
    }
    const reading = (this.#queues[device] as ReadingQueue).shift() as DueReading;
    this.#waiting--;
    this.#underWay++;
    this.#busy[device] = 1;
    this.#exchange(reading);
  }

  #exchange(reading: DueReading): void {
    const { url, fates, counts } = this.#options;
    const socket = createConnection({
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port || 80),
    });
    this.#sockets.add(socket);
    let handedOver = false;
    let replied = false;
    socket.setTimeout(replyTimeoutMs, () => socket.destroy());
    socket.once('connect', () => {
      counts.opened++;
      handedOver = true;
      fates.handedOver(reading, false);
      socket.write(this.#request(reading), 'latin1');
    });
    socket.on('data', (bytes) => {
      if (!replied) {
        this.#hear(bytes);
      }
      replied = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!handedOver) {
        this.#unreachable(error);
      }
    });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#underWay--;
      this.#busy[reading.device] = 0;
      if (!handedOver) {
        fates.handedOver(reading, false);
      }
      if (replied) {
        fates.acknowledged(reading);
      } else {
        fates.failed(reading, failReason(handedOver));
      }
      this.#next(reading.device);
      const waiting = this.#ready.shift();
      if (waiting !== undefined) {
        this.#next(waiting);
      }
      this.#moved();
    });
  }

  /** The 2018 bytes, a slash before the `?` included. */
  #request({ id, ts, value, companion }: DueReading): string {
    const { url, form } = this.#options;
    const path = url.pathname === '/' ? '/readings-form/' : url.pathname.replace(/\/?$/, '/');
    const seconds = Math.floor(ts / 1_000);
    const day = new Date(ts).toISOString().slice(0, 10).replaceAll('-', '');
    const query =
      form === 'pair'
        ? `temp=${Math.round(value)}&lux=${Math.round(companion ?? 0)}&id=${id}&timestamp=${seconds}&daydate=${day}`
        : `value=${value}&id=${id}&timestamp=${ts}&daydate=${day}`;
    return `POST ${path}?${query} HTTP/1.0\r\n\r\n`;
  }

  /** Any reply confirms, as in 2018; one that says no is told, once. */
  #hear(reply: Buffer): void {
    const { url, log } = this.#options;
    const status = this.#saidRefused
      ? null
      : /^HTTP\/\d\.\d ([45]\d\d[^\r\n]*)/.exec(reply.toString('latin1', 0, 100));
    if (status !== null) {
      this.#saidRefused = true;
      log(
        `${url.href} answers "${(status[1] as string).trim()}": it does not take what is posted, though any answer counts as in 2018`,
      );
    }
  }

  #unreachable(error: NodeJS.ErrnoException): void {
    const { url, counts, log, onConnection, machine } = this.#options;
    const reason = connectFailure(error);
    counts.failed++;
    onConnection?.({
      at: Math.round(machine.now()),
      connection: url.href,
      event: 'failed',
      reason,
    });
    if (!this.#saidUnreachable) {
      this.#saidUnreachable = true;
      log(`cannot reach ${url.href}: ${reason}; trying on with each reading`);
      log('  Is a gateway listening there? `sensorsim-gateway --listen http://127.0.0.1:1880` is one.');
    }
  }

  #moved(): void {
    const room = this.#onRoom;
    if (room !== undefined) {
      this.#onRoom = undefined;
      setImmediate(room);
    }
    if (this.#underWay === 0 && this.#waiting === 0) {
      this.#onSettled?.();
      this.#onSettled = undefined;
    }
  }
}

function failReason(handedOver: boolean): FailReason {
  return handedOver ? 'unconfirmed' : 'unreachable';
}
