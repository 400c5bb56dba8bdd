import { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { GatewayOptions } from 'sensorsim-gateway';
import { type GatewaySummary, SuiteError } from 'sensorsim-shared';
import { type ConditionEffects, type HostConditions, noConditions } from './conditions.js';
import { GatewayChild, type GatewayReady } from './gateway-child.js';
import type { GatewayControl, GatewayEvents } from './gateway-control.js';
import type { GatewayLife } from './gateway-life.js';
import type { GatewayReport } from './host-messages.js';
import { LifeBook } from './life-book.js';
import { pinPorts } from './pin-ports.js';

export interface GatewayHostOptions {
  /** Resolved settings; paths in them are relative to the working directory of this process. Port 0: kept once it is bound. */
  readonly gateway: GatewayOptions;
  /** Port on 127.0.0.1 of a relay that every Kafka connection goes through (`Link` to `named-by-client`); absent: directly. */
  readonly kafkaRelayPort?: number | undefined;
  /** How often the gateway reports, ms; default 200. Counts of a process that is killed miss at most as much. */
  readonly reportMs?: number | undefined;
}

const defaultReportMs = 200;
/** Beyond its own `--stop-timeout`, ms: closing, and last writes to the spool. */
const stopMarginMs = 15_000;

/**
 * A gateway in a process of its own, which a lab can kill, pause and start again: the devices find it at the same ports, and
 * what its lives have counted adds up. Nothing stays behind: the process ends when this one does, however it ends.
 *
 * `start`, `kill`, `pause` and so on are called one after another; each resolves when it is done.
 */
export class GatewayHost extends EventEmitter<GatewayEvents> implements GatewayControl {
  readonly #reportMs: number;
  readonly #kafkaRelayPort: number | undefined;
  #options: GatewayOptions;
  #conditions: HostConditions = noConditions;
  #child: GatewayChild | undefined;
  readonly #book = new LifeBook();
  #addresses: readonly string[] = [];
  #observeAddress: string | undefined;
  #isReady = false;

  constructor({ gateway, kafkaRelayPort, reportMs = defaultReportMs }: GatewayHostOptions) {
    super();
    this.#options = gateway;
    this.#kafkaRelayPort = kafkaRelayPort;
    this.#reportMs = reportMs;
  }

  /** URLs that devices can use, with the ports actually bound; the same in every life. Empty before the first was ready. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** `http://127.0.0.1:9464`; undefined while it is off, and before the first life was ready. */
  get observeAddress(): string | undefined {
    return this.#observeAddress;
  }

  /** Port of the first `mqtt://` address. @throws {TypeError} before the first life was ready, or without such an address */
  get mqttPort(): number {
    const port = /^mqtt:\/\/.*:(\d+)$/.exec(
      this.#addresses.find((url) => url.startsWith('mqtt:')) ?? '',
    )?.[1];
    if (port === undefined) {
      throw new TypeError('the gateway listens at no mqtt:// address');
    }
    return Number(port);
  }

  /** Undefined while no process runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Its process runs and has been ready for devices; it may be paused. */
  get isUp(): boolean {
    return this.#isReady;
  }

  get isPaused(): boolean {
    return this.#child?.isPaused === true;
  }

  /** Every process so far, the present one last. */
  get lives(): readonly GatewayLife[] {
    return this.#book.lives;
  }

  /** The last report of the process that runs, at most `reportMs` old unless it is paused; undefined while none runs. */
  status(): GatewayReport | undefined {
    return this.#book.report;
  }

  /** The most memory that any life had at any time (the kernel's high-water mark), bytes; 0: not known yet. */
  get peakRssBytes(): number {
    return this.#book.peakRssBytes;
  }

  /** What goes wrong around the gateway at present. */
  get conditions(): HostConditions {
    return this.#conditions;
  }

  /** What the conditions have touched in all lives together, as of the last report. */
  get effects(): ConditionEffects {
    return this.#book.effects;
  }

  /** Changes what goes wrong around the gateway, from now on and in later lives. Told to a process that runs at once. */
  setConditions(change: Partial<HostConditions>): void {
    this.#conditions = { ...this.#conditions, ...change };
    this.#child?.tell({ kind: 'conditions', conditions: this.#conditions });
  }

  /**
   * Starts a process, and resolves once its gateway is ready for devices.
   * @throws {SuiteError} what the gateway's start throws; GATEWAY_STOPPING: it was stopped meanwhile; INTERNAL: the process ended
   * or could not be made. It can be started again
   */
  async start(): Promise<void> {
    if (this.#child !== undefined) {
      throw new TypeError('the gateway runs already');
    }
    const child = new GatewayChild(
      {
        kind: 'start',
        options: this.#options,
        conditions: this.#conditions,
        kafkaRelayPort: this.#kafkaRelayPort,
        statusMs: this.#reportMs,
      },
      {
        onReady: (ready) => this.#ready(ready),
        onReport: (report, isLast) => this.#take(report, isLast),
        onLog: (line) => this.emit('log', line),
        onEnd: (exitCode, signal) => this.#ended(child, exitCode, signal),
      },
    );
    this.#child = child;
    this.#book.begin(child.pid);
    await child.started;
  }

  /**
   * Starts a process as whatever supervises a gateway does: again and again, a moment apart, while what it needs is away or its
   * port is still held.
   * @throws {SuiteError} what trying again does not mend; the last error once `signal` is aborted
   */
  async startPatiently(signal: AbortSignal, retryMs = 500): Promise<void> {
    for (;;) {
      try {
        return await this.start();
      } catch (error) {
        const mayHelp =
          error instanceof SuiteError && (error.retryable || error.code === 'GATEWAY_PORT_IN_USE');
        if (!mayHelp || signal.aborted) {
          throw error;
        }
        await wait(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  /**
   * Ends the process by a signal and resolves when it has ended. SIGKILL: at once; what it counted since its last report is
   * lost, and latencies of the last second. SIGTERM: in order, as `stop`. Without a process it does nothing.
   */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) {
      return;
    }
    child.isDismissed = true;
    if (signal !== 'SIGKILL') {
      child.resume();
    }
    child.signal(signal);
    const limitMs = this.#options.stopTimeout + stopMarginMs;
    const limit = signal === 'SIGKILL' ? undefined : setTimeout(() => child.signal('SIGKILL'), limitMs);
    await child.ended;
    clearTimeout(limit);
  }

  /** Stops the process where it stands (SIGSTOP): sockets stay open and nothing is answered. */
  pause(): void {
    this.#child?.pause();
  }

  /** Lets a paused process go on. */
  resume(): void {
    this.#child?.resume();
  }

  /** Asks for a report now, and resolves with it; undefined where the process ends before, or none runs. */
  async ask(): Promise<GatewayReport | undefined> {
    const child = this.#child;
    if (child === undefined || !this.#isReady) {
      return undefined;
    }
    return new Promise((resolve) => {
      const onReport = (report: GatewayReport): void => done(report);
      const onExit = (): void => done(undefined);
      const done = (report: GatewayReport | undefined): void => {
        this.off('report', onReport);
        this.off('exit', onExit);
        resolve(report);
      };
      this.on('report', onReport);
      this.on('exit', onExit);
      child.tell({ kind: 'ask' });
    });
  }

  /** What all lives have counted so far, together. A life that was killed adds what it last reported: see `GatewayLife.counted`. */
  summary(): GatewaySummary {
    return this.#book.summary();
  }

  /** Lets the gateway finish in order, ends its process, and returns the sums of all lives. Idempotent. */
  async stop(): Promise<GatewaySummary> {
    await this.kill('SIGTERM');
    return this.summary();
  }

  #ready({ addresses, observeAddress }: GatewayReady): void {
    this.#addresses = addresses;
    this.#observeAddress = observeAddress;
    this.#options = pinPorts(this.#options, addresses, observeAddress);
    this.#isReady = true;
    this.emit('ready', this.#book.ready());
  }

  #take(report: GatewayReport, isLast: boolean): void {
    this.#book.take(report, isLast);
    this.emit('report', report);
  }

  #ended(child: GatewayChild, exitCode: number | null, signal: NodeJS.Signals | null): void {
    this.#child = undefined;
    this.#isReady = false;
    this.emit('exit', this.#book.end({ exitCode, signal, expected: child.isDismissed }));
  }
}
