import type { Writable } from 'node:stream';
import {
  type AttackSpec,
  type Clock,
  type Interval,
  type RunFolderWriter,
  RunningClock,
  randomStream,
  type SensorSummary,
  SuiteError,
  type TimeHistogram,
  type WaitHandle,
} from 'sensorsim-shared';
import { delayOf, fleetCount } from './layout.js';
import type { SensorOptions } from './options.js';
import { attackSpecsOf } from './pattern/attack-options.js';
import { Attacks } from './pattern/attacks.js';
import type { AttackConnector } from './pattern/drive/attack-connection.js';
import { Backoff } from './publish/backoff.js';
import { destinationOf } from './publish/destination.js';
import type { PublisherSetup } from './publish/index.js';
import type { Publisher } from './publish/publisher.js';
import { refuseRemote } from './publish/remote-guard.js';
import type { OnFate } from './record/ledger.js';
import { FileTarget, type LineTarget, StreamTarget } from './record/line-target.js';
import { summarise } from './report/summary.js';
import { noTotals, type SensorSnapshot, type Totals } from './report/totals.js';
import { clockSpeed, givenStartAt, shardOf } from './schedule/time-setting.js';
import type { RunStart } from './share.js';
import { type Crew, makeCrew } from './worker/crew.js';

/** Takes what a recorded run leaves: a `RunFolderWriter`, or anything that does as it does. */
export type Recorder = Pick<RunFolderWriter, 'truthLine' | 'truthBytes' | 'connection'>;

export interface SensorDeps {
  /** A line for people; absent: said to nobody. */
  readonly log?: (line: string) => void;
  /** Where `--out -` goes. */
  readonly stdout?: Writable;
  /** Absent: no truth rows are made. */
  readonly recorder?: Recorder | undefined;
  /** How long what is under way may take when the run ends, machine ms; default 5,000. */
  readonly closeTimeoutMs?: number;
  /** Makes the clock of the run; absent: as the `clock` setting says. */
  readonly makeClock?: (start: RunStart) => Clock;
  /** Patterns to be played, beside those of the `attack` settings. */
  readonly attacks?: readonly AttackSpec[];
  /**
   * Called when every connection has been tried and the fleet is ready: several fleets begin as one. Resolves with the machine's
   * time of the start. Device time then is that of the `start` setting; without one `startAt`, ms since the epoch, or the machine's.
   */
  readonly begin?: () => Promise<{ readonly machineStartAt: number; readonly startAt?: number }>;
  /** Hears of each reading's fate; in one thread only. */
  readonly onFate?: OnFate;
  /** Called at the end of each slice under a virtual clock, which waits for it: whoever takes rows may be slower; in one thread only. */
  readonly onSlice?: () => Promise<void> | undefined;
  /** Takes readings in place of what the settings name; in one thread only. */
  readonly makePublisher?: (setup: PublisherSetup) => Publisher | Promise<Publisher>;
  /**
   * Settings of all fleets of the run, in one order for all, this one's `options` among them: connections of patterns appear as the likes of
   * any; absent: there is no other.
   */
  readonly fleets?: readonly SensorOptions[];
  /** Where connections of patterns lead, in place of the broker that the settings name. */
  readonly attackConnector?: AttackConnector;
}

const defaultCloseTimeoutMs = 5_000;
/** The schedule begins this much after now, so that every thread has heard of it. */
const leadMs = 20;

/**
 * A fleet of virtual sensors: each device's model gives a value when its turn comes, and a publisher sends it on.
 * `run` once; `stop` ends it early and lets what is under way finish, for a bounded time.
 */
export class Sensor {
  readonly options: SensorOptions;
  readonly #deps: SensorDeps;
  readonly #machine: Clock = new RunningClock();
  readonly #stopRequest: Promise<void>;
  readonly #fatal: Promise<never>;
  #requestStop!: () => void;
  #fail!: (error: unknown) => void;
  #stopping = false;
  #broken = false;
  /** The run ended before its limit or duration. */
  #cut = true;
  #crew: Crew | undefined;
  #startAt = 0;
  #startedAt = 0;
  #endedAt = 0;
  #rateHz = 0;
  #sampler: WaitHandle | undefined;
  #attacks: Attacks | undefined;

  constructor(options: SensorOptions, deps: SensorDeps = {}) {
    this.options = options;
    this.#deps = deps;
    this.#stopRequest = new Promise((resolve) => {
      this.#requestStop = resolve;
    });
    this.#fatal = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // It is awaited only while the run goes on.
    this.#fatal.catch(() => {});
  }

  /** Device time at which the schedule began, ms since the epoch; 0 before. */
  get startAt(): number {
    return this.#startAt;
  }

  /**
   * Runs the fleet to its limit, its duration, or `stop`. When it throws, `summary` still tells what was done.
   * @throws {SuiteError} CONFIG_INVALID, CONFIG_UNREADABLE, SENSOR_REMOTE_REFUSED, SENSOR_REFUSED, SENSOR_GAVE_UP,
   * FILE_UNWRITABLE; SENSOR_UNREACHABLE: the run is over and no connection was ever made
   */
  async run(): Promise<SensorSummary> {
    const out = this.#openOutput();
    const specs = [...attackSpecsOf(this.options), ...(this.#deps.attacks ?? [])];
    const crew = await makeCrew(this.options, {
      ...this.#deps,
      attacks: specs,
      machine: this.#machine,
      log: (line) => this.#log(line),
      onFatal: (error) => this.#break(error),
      out,
    });
    this.#crew = crew;
    this.#attacks = specs.length === 0 ? undefined : await this.#planAttacks(specs);
    let failed = true;
    try {
      await Promise.race([this.#carry(crew), this.#fatal]);
      failed = false;
    } finally {
      crew.stop();
      this.#endedAt = this.#machine.now();
      try {
        await this.#attacks?.stop();
        await crew.close(failed ? 0 : (this.#deps.closeTimeoutMs ?? defaultCloseTimeoutMs));
      } finally {
        this.#sampler?.cancel();
        await out?.close();
      }
    }
    this.#requireConnection(crew);
    return this.summary();
  }

  /** No further reading is made; `run` resolves when what is under way is settled. Idempotent. */
  stop(): void {
    this.#stopping = true;
    this.#requestStop();
    this.#crew?.stop();
  }

  /** What was done so far, or in the end. */
  summary(): SensorSummary {
    const { seed, duration, limit, clock } = this.options;
    const totals = this.#totals();
    const over = this.#endedAt > 0 && !this.#cut;
    const since = this.#startedAt || Number.POSITIVE_INFINITY;
    const passedMs = Math.max(0, (this.#endedAt || this.#machine.now()) - since) * clockSpeed(clock);
    const untilEnd = over ? (limit === undefined ? duration : undefined) : passedMs;
    return summarise(totals, {
      seed,
      startAt: this.#startAt,
      durationMs: clock === 'virtual' && !over ? undefined : untilEnd,
      attacks: this.#attacks?.summary(),
      gapMs: (delayOf(this.options) * shardOf(this.options.shard).of) / fleetCount(this.options),
    });
  }

  /** The present state, for live views; cheap enough for several times a second. */
  snapshot(): SensorSnapshot {
    const { counts, reasons, connections, inFlight, latency, lateness, last } = this.#totals();
    return {
      readings: { ...counts },
      reasons: { ...reasons },
      connections: { ...connections },
      inFlight,
      rateHz: this.#rateHz,
      latencyMs: latency.percentiles(),
      latenessMs: lateness.percentiles(),
      last: last.map(({ id, type, value, unit, ts, seq }) => ({ id, type, value, unit, ts, seq })),
    };
  }

  /** All times so far, to be merged with those of other fleets: due to confirmation, and due to hand-over. */
  distributions(): { readonly latency: TimeHistogram; readonly lateness: TimeHistogram } {
    const { latency, lateness } = this.#totals();
    return { latency, lateness };
  }

  /** When patterns were at work, by onset; empty where there were none. */
  intervals(): Interval[] {
    if (this.#attacks === undefined || this.#startAt === 0) {
      return [];
    }
    const endAt = this.#startAt + this.summary().durationMs;
    return this.#attacks.intervals(this.#totals().traces, this.#startAt, endAt);
  }

  /** Connects, begins the schedule, and sees it to its end. */
  async #carry(crew: Crew): Promise<void> {
    await Promise.race([this.#refuseRemote(), this.#stopRequest]);
    if (!this.#stopping) {
      await Promise.race([crew.connect(), this.#stopRequest]);
    }
    if (this.#stopping || this.#broken) {
      return;
    }
    const given = givenStartAt(this.options);
    await crew.prepare(given ?? Math.floor(this.#machine.now()));
    const begun = await Promise.race([this.#deps.begin?.(), this.#stopRequest]);
    if (this.#stopping || this.#broken) {
      return;
    }
    const machineStartAt = begun?.machineStartAt ?? Math.ceil(this.#machine.now() + leadMs);
    const startAt = given ?? begun?.startAt ?? machineStartAt;
    this.#startAt = startAt;
    this.#startedAt = machineStartAt;
    this.#sampleRate(0);
    this.#attacks?.start({ startAt, machineStartAt });
    await crew.run({ startAt, machineStartAt });
    this.#cut = this.#stopping;
  }

  #planAttacks(specs: readonly AttackSpec[]): Promise<Attacks> {
    const { recorder, makeClock, attackConnector, fleets } = this.#deps;
    return Attacks.make(this.options, specs, {
      machine: this.#machine,
      log: (line) => this.#log(line),
      onFatal: (error) => this.#break(error),
      recorder,
      makeClock,
      fleets,
      connector: attackConnector,
    });
  }

  async #refuseRemote(): Promise<void> {
    const destination = destinationOf(this.options);
    // No setting takes patterns to hosts that are far.
    const allowed = this.options.allowRemote && this.#attacks === undefined;
    if (destination === undefined || allowed || this.#deps.makePublisher !== undefined) {
      return;
    }
    const { hosts, flag } = destination;
    const backoff = new Backoff(randomStream(this.options.seed, hosts.join(' '), 'resolve'));
    const since = this.#machine.now();
    for (let said = false; !this.#stopping; said = true) {
      try {
        await refuseAnyRemote(hosts, flag);
        return;
      } catch (error) {
        if (!(error instanceof SuiteError) || !error.retryable) {
          throw error;
        }
        const { giveUp } = this.options;
        if (giveUp !== undefined && this.#machine.now() - since >= giveUp) {
          throw new SuiteError('SENSOR_GAVE_UP', error.message);
        }
        if (!said) {
          this.#log(`${error.message}; trying on`);
        }
        await new Promise<void>((resolve) => {
          this.#machine.wake(this.#machine.now() + backoff.nextMs(), resolve);
        });
      }
    }
  }

  #openOutput(): LineTarget | undefined {
    const { out } = this.options;
    if (out === undefined) {
      return undefined;
    }
    if (out !== '-') {
      return new FileTarget(out);
    }
    if (this.#deps.stdout === undefined) {
      throw new TypeError('--out - needs deps.stdout');
    }
    this.#deps.stdout.on('error', (cause: NodeJS.ErrnoException) => {
      // A reader that went away has had enough: the run ends as if it had been stopped.
      if (cause.code === 'EPIPE') {
        this.stop();
      } else {
        this.#break(
          new SuiteError('FILE_UNWRITABLE', `cannot write standard output: ${cause.message}`, { cause }),
        );
      }
    });
    return new StreamTarget(this.#deps.stdout);
  }

  /** A run that reached its end without ever reaching anyone has not done what it was asked. */
  #requireConnection(crew: Crew): void {
    const destination = destinationOf(this.options);
    if (destination !== undefined && !this.#stopping && crew.totals().connections.opened === 0) {
      throw new SuiteError('SENSOR_UNREACHABLE', `${destination.url} was not reached at any time of the run`);
    }
  }

  #sampleRate(before: number): void {
    this.#sampler = this.#machine.wake(this.#machine.now() + 1_000, () => {
      const { published } = this.#totals().counts;
      this.#rateHz = published - before;
      this.#sampleRate(published);
    });
  }

  #totals(): Totals {
    return this.#crew?.totals() ?? noTotals();
  }

  #break(error: Error): void {
    this.#broken = true;
    this.#fail(error);
  }

  #log(line: string): void {
    this.#deps.log?.(line);
  }
}

/**
 * Refuses where any host is far. Of several, those whose names cannot be resolved yet may come later: their addresses are
 * looked at again before each connection.
 */
async function refuseAnyRemote(hosts: readonly string[], flag: string): Promise<void> {
  const asked = await Promise.allSettled(hosts.map((host) => refuseRemote(host, flag)));
  const refused = asked.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
  const final = refused.find((reason) => !(reason instanceof SuiteError && reason.retryable));
  if (final !== undefined || refused.length === hosts.length) {
    throw final ?? refused[0];
  }
}
