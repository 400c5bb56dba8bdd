import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { type GatewaySummary, SuiteError } from 'sensorsim-shared';
import type { AttachedStreams, DockerEngine } from '../../docker/index.js';
import {
  type ConditionEffects,
  type GatewayControl,
  type GatewayEvents,
  type GatewayLife,
  type GatewayReport,
  type HostConditions,
  LifeBook,
  noConditions,
} from '../../host/index.js';
import { LastWords } from '../../remote/last-words.js';
import { howEnded } from './container-end.js';
import { GatewayReports, lastReport } from './gateway-reports.js';

export interface ContainerGatewayOptions {
  readonly engine: DockerEngine;
  /** As `docker ps` shows it. */
  readonly name: string;
  /** What it may take to end in order, s; SIGKILL comes then. */
  readonly graceSeconds: number;
  /** It ended although nobody told it to: how, in words. */
  readonly onDied: (why: string) => void;
}

const retryMs = 500;
/** From its start to its first report, ms: far more than a busy host takes. */
const startLimitMs = 60_000;
const askLimitMs = 5_000;

/** One process of it, from the start of the container to its end. */
interface Life {
  readonly streams: AttachedStreams;
  isDismissed: boolean;
  /** By which it was told to end at once. */
  signal: NodeJS.Signals | null;
  /** For the error where it ends before it is ready. */
  readonly lastWords: LastWords;
  summary: GatewaySummary | undefined;
  reports: GatewayReports | undefined;
  ended: Promise<string>;
}

/**
 * A gateway in a container of its own, conducted through the engine. It reports twice a second, so that counts of one that is killed
 * miss at most as much; those of one that ends in order are whole.
 */
export class ContainerGateway extends EventEmitter<GatewayEvents> implements GatewayControl {
  readonly conditions: HostConditions = noConditions;
  readonly #options: ContainerGatewayOptions;
  readonly #book = new LifeBook();
  #life: Life | undefined;
  #isReady = false;
  #isPaused = false;

  constructor(options: ContainerGatewayOptions) {
    super();
    this.#options = options;
    // One listener a run, and one a question.
    this.setMaxListeners(50);
  }

  get isUp(): boolean {
    return this.#isReady;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get lives(): readonly GatewayLife[] {
    return this.#book.lives;
  }

  get peakRssBytes(): number {
    return this.#book.peakRssBytes;
  }

  get effects(): ConditionEffects {
    return this.#book.effects;
  }

  status(): GatewayReport | undefined {
    return this.#book.report;
  }

  setConditions(): void {
    throw new TypeError('nothing can be made to go wrong inside a container');
  }

  /**
   * Starts the container, and resolves once the gateway in it is ready for devices.
   * @throws {SuiteError} CONTAINER_ENDED, with its last words; what the engine throws. It can be started again
   */
  async start(): Promise<void> {
    const { engine, name } = this.#options;
    const streams = await engine.attach(name);
    const life: Life = {
      streams,
      isDismissed: false,
      signal: null,
      lastWords: new LastWords(streams.errors),
      summary: undefined,
      reports: undefined,
      ended: Promise.resolve(''),
    };
    streams.input.on('error', () => {});
    this.#read(life);
    try {
      await engine.start(name);
    } catch (error) {
      streams.input.destroy();
      throw error;
    }
    this.#life = life;
    const { State } = await engine.inspect(name);
    this.#book.begin(State.Pid);
    const ready = this.#whenReady();
    life.ended = this.#whenEnded(life);
    life.reports = await GatewayReports.of(engine, name, (report) => this.#take(report)).catch(
      () => undefined,
    );
    const how = await Promise.race([
      ready.then(() => undefined),
      life.ended,
      wait(startLimitMs, 'late', { ref: false }),
    ]);
    if (how !== undefined) {
      throw endedTooSoon(name, how, life);
    }
  }

  async startPatiently(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.start();
      } catch (error) {
        const mayHelp = error instanceof SuiteError && error.retryable;
        if (!mayHelp || signal.aborted) {
          throw error;
        }
        await wait(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const life = this.#life;
    const { engine, name, graceSeconds } = this.#options;
    if (life === undefined) {
      return;
    }
    await this.resume();
    if (signal === 'SIGTERM') {
      // What it counts from here on, its own last words tell, but for the latency.
      await this.ask();
    }
    life.isDismissed = true;
    if (signal === 'SIGKILL') {
      life.signal = 'SIGKILL';
      await engine.kill(name);
    } else {
      await engine.stop(name, graceSeconds);
    }
    await life.ended;
  }

  async pause(): Promise<void> {
    if (this.#life !== undefined && !this.#isPaused) {
      await this.#options.engine.pause(this.#options.name);
      this.#isPaused = true;
    }
  }

  async resume(): Promise<void> {
    if (this.#isPaused) {
      await this.#options.engine.unpause(this.#options.name);
      this.#isPaused = false;
    }
  }

  async ask(): Promise<GatewayReport | undefined> {
    const reports = this.#life?.reports;
    if (reports === undefined || !this.#isReady || this.#isPaused) {
      return undefined;
    }
    return new Promise((resolve) => {
      const done = (report: GatewayReport | undefined): void => {
        clearTimeout(limit);
        this.off('report', done);
        this.off('exit', onExit);
        resolve(report);
      };
      const onExit = (): void => done(undefined);
      const limit = setTimeout(() => done(undefined), askLimitMs);
      this.on('report', done);
      this.on('exit', onExit);
      reports.ask();
    });
  }

  summary(): GatewaySummary {
    return this.#book.summary();
  }

  async stop(): Promise<GatewaySummary> {
    await this.kill('SIGTERM');
    return this.summary();
  }

  /** Its log goes on, its counts at an orderly end are kept. */
  #read(life: Life): void {
    createInterface({ input: life.streams.errors }).on('line', (line) => {
      // Its summary in words, after the last line of its log: the lab tells that of all lives.
      if (!life.isDismissed || /^\S/.test(line)) {
        this.emit('log', line);
      }
    });
    createInterface({ input: life.streams.output }).on('line', (line) => {
      life.summary = summaryIn(line) ?? life.summary;
    });
  }

  #take(report: GatewayReport): void {
    if (this.#life === undefined || report.snapshot.notReady === 'starting') {
      return;
    }
    this.#book.take(report, false);
    if (!this.#isReady) {
      this.#isReady = true;
      this.emit('ready', this.#book.ready());
    }
    this.emit('report', report);
  }

  #whenReady(): Promise<void> {
    return new Promise((resolve) => this.once('ready', () => resolve()));
  }

  /** @returns how it ended, in words, once that is written down */
  async #whenEnded(life: Life): Promise<string> {
    const { engine, name, onDied } = this.#options;
    const outputEnded = new Promise((resolve) => life.streams.output.once('close', resolve));
    const end = await howEnded(engine, name);
    await Promise.race([outputEnded, wait(askLimitMs, undefined, { ref: false })]);
    life.streams.input.destroy();
    life.reports?.stop();
    this.#life = undefined;
    this.#isReady = false;
    this.#isPaused = false;
    const last = life.summary && lastReport(this.#book.report, life.summary);
    if (last !== undefined) {
      this.#book.take(last, true);
    }
    const { signal, isDismissed } = life;
    const written = this.#book.end({ exitCode: end.exitCode, signal, expected: isDismissed });
    this.emit('exit', written);
    if (!isDismissed && written.readyAt !== undefined) {
      onDied(end.words);
    }
    return end.words;
  }
}

/** Where it says so itself by its exit code, what it needs is away, and another start may find it. */
function endedTooSoon(name: string, how: string, { isDismissed, lastWords }: Life): SuiteError {
  if (isDismissed) {
    return new SuiteError('GATEWAY_STOPPING', 'the gateway was stopped while it started');
  }
  const what =
    how === 'late' ? `was not ready within ${startLimitMs / 1_000} s` : `ended before it was ready, ${how}`;
  return new SuiteError('CONTAINER_ENDED', `the gateway's container ${name} ${what}${lastWords.quoted()}`, {
    retryable: how === 'with exit code 3',
  });
}

/** Undefined: the line is something else. */
function summaryIn(line: string): GatewaySummary | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null && 'acknowledged' in parsed
      ? (parsed as GatewaySummary)
      : undefined;
  } catch {
    return undefined;
  }
}
