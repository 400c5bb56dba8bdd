import {
  type ClockOffset,
  type FleetReport,
  type Frame,
  FrameReader,
  type FromFleet,
  fleetProtocol,
  givenStartAt,
  readFates,
  Sensor,
  type SensorOptions,
  signOfLifeMs,
  silenceMs,
  type ToFleet,
} from 'sensorsim';
import {
  type Clock,
  type ConnectionEvent,
  errorOfPlain,
  type Interval,
  messageOf,
  RunningClock,
  type SensorSummary,
  SuiteError,
  TimeHistogram,
  type WaitHandle,
} from 'sensorsim-shared';
import type { Fleet, FleetDeps } from '../run/fleet.js';
import type { FleetTransport } from './fleet-transport.js';
import { LastWords } from './last-words.js';

export interface RemoteFleetSetup {
  /** Settings of the group, one of `deps.fleets`; files that they name are those of the fleet's machine. */
  readonly options: SensorOptions;
  /** The part of the group that is played there, as `1/3`; absent: as the settings say. */
  readonly shard?: string | undefined;
  readonly deps: FleetDeps;
  readonly transport: FleetTransport;
  /** Where it runs, for messages, as `the container sensors-1`. */
  readonly place: string;
  /** Time between two reports, machine ms; default 250. */
  readonly reportMs?: number | undefined;
  /** Machine time; absent: the machine's. */
  readonly machine?: Clock | undefined;
}

/** The reading of a fate: what a run has to know of it. Valid only during the call. */
interface FateReading {
  device: number;
  due: number;
}

const defaultReportMs = 250;
/** How long a fleet that has told its end may take to be gone, machine ms. */
const goneMs = 5_000;
/** An offset of a clock that is worth a word, ms. */
const notableOffsetMs = 50;

/**
 * A fleet in another process, conducted from here. It gives what a `Sensor` of this process would: rows and connection events go to
 * the recorder, fates to `onFate` (with the device's index in the whole group, also of a part of one), counts and times are those of the
 * last report, at most `reportMs` old, and exact once `run` has ended.
 */
export class RemoteFleet implements Fleet {
  readonly #setup: RemoteFleetSetup;
  readonly #machine: Clock;
  /** What a fleet says of itself before it has done anything. */
  readonly #untouched: Sensor;
  readonly #lastWords: LastWords;
  readonly #ended: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #report: FleetReport | undefined;
  #distributions: ReturnType<Fleet['distributions']>;
  #startAt = 0;
  #clock: ClockOffset | undefined;
  #isRunning = false;
  #isOver = false;
  /** It has told its end. */
  #hasTold = false;
  #stopping = false;
  #ticker: WaitHandle | undefined;
  /** Ticks since the fleet was last heard. */
  #unheard = 0;

  constructor(setup: RemoteFleetSetup) {
    this.#setup = setup;
    this.#machine = setup.machine ?? new RunningClock();
    this.#untouched = new Sensor(setup.options);
    this.#distributions = this.#untouched.distributions();
    this.#lastWords = new LastWords(setup.transport.errors);
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It is awaited only while the run goes on.
    this.#ended.catch(() => {});
  }

  /** Device time at which the schedule began, ms since the epoch; 0 before. */
  get startAt(): number {
    return this.#startAt;
  }

  /** How the clock of its machine stands to this one's; undefined before the fleet is ready. */
  get clock(): ClockOffset | undefined {
    return this.#clock;
  }

  /**
   * Runs the fleet to its end; nothing of it is left when this settles.
   * @throws {SuiteError} what `Sensor.run` throws there; FLEET_LOST: it ended or fell silent too soon; FLEET_MISMATCH: what runs
   * there is no fleet of this version; FLEET_BACKLOG; what the recorder throws
   */
  async run(): Promise<SensorSummary> {
    const { transport } = this.#setup;
    this.#isRunning = true;
    this.#listen();
    this.#tell(this.#task());
    if (this.#stopping) {
      this.#tell({ kind: 'stop' });
    }
    this.#tick();
    try {
      await this.#ended;
    } finally {
      this.#isOver = true;
      this.#ticker?.cancel();
      transport.input.end();
      await this.#untilGone();
    }
    return this.summary();
  }

  /** No further reading is made; `run` resolves when what is under way is settled. Idempotent. */
  stop(): void {
    if (!this.#stopping) {
      this.#stopping = true;
      if (this.#isRunning) {
        this.#tell({ kind: 'stop' });
      }
    }
  }

  summary(): SensorSummary {
    return this.#report?.summary ?? this.#untouched.summary();
  }

  snapshot(): ReturnType<Fleet['snapshot']> {
    return this.#report?.snapshot ?? this.#untouched.snapshot();
  }

  /** At most a second older than the summary while it runs. */
  distributions(): ReturnType<Fleet['distributions']> {
    return this.#distributions;
  }

  /** Empty until the run is over. */
  intervals(): Interval[] {
    return [...(this.#report?.intervals ?? [])];
  }

  #task(): ToFleet {
    const { options, shard, deps, reportMs = defaultReportMs } = this.#setup;
    const own = deps.fleets.indexOf(options);
    if (own < 0) {
      throw new TypeError('the settings of a fleet are to be among those of all fleets');
    }
    const fleets = deps.fleets.map((other) =>
      other === options && shard !== undefined ? { ...options, shard } : other,
    );
    const { attacks, closeTimeoutMs } = deps;
    return { kind: 'task', protocol: fleetProtocol, fleets, own, attacks, closeTimeoutMs, reportMs };
  }

  #listen(): void {
    const { input, output, ended } = this.#setup.transport;
    const frames = new FrameReader((frame) => this.#take(frame));
    const onData = (chunk: Buffer): void => {
      this.#unheard = 0;
      try {
        frames.push(chunk);
      } catch (error) {
        // Neither what follows garbage nor what the recorder does not take is of use.
        output.off('data', onData);
        output.resume();
        this.#fail(isMismatch(error) ? this.#mismatch(error.message) : error);
      }
    };
    output.on('data', onData);
    // The end of its output, or the program's own, tells of it.
    input.on('error', () => {});
    let how: string | undefined;
    const outputOver = new Promise<void>((resolve) => {
      output.once('error', (error) => {
        how ??= error.message;
      });
      output.once('close', resolve).once('end', resolve);
    });
    const programOver = ended.then((why) => {
      how = why;
    });
    // Either may be told a little before the other, and each says something.
    const over = Promise.race([outputOver, programOver]).then(async () => {
      await this.#within(goneMs, Promise.all([outputOver, programOver]));
      this.#fail(this.#lost(how ?? 'the way to it broke'));
    });
    over.catch(() => {});
  }

  #take({ tag, payload, count }: Frame): void {
    const { recorder, onFate } = this.#setup.deps;
    if (this.#isOver) {
      return;
    }
    if (tag === 'R') {
      recorder?.truthBytes(payload, count);
    } else if (tag === 'C') {
      for (const line of payload.toString().split('\n', count)) {
        recorder?.connection(parsed(line) as ConnectionEvent);
      }
    } else if (tag === 'F') {
      const reading: FateReading = { device: 0, due: 0 };
      readFates(payload, (device, due, elapsedMs) => {
        reading.device = device;
        reading.due = due;
        onFate(reading as Parameters<FleetDeps['onFate']>[0], 'acknowledged', undefined, elapsedMs);
      });
    } else {
      this.#takeMessage(parsed(payload.toString()) as FromFleet);
    }
  }

  #takeMessage(message: FromFleet): void {
    switch (message.kind) {
      case 'hello':
        if (message.protocol !== fleetProtocol) {
          throw new SuiteError(
            'FLEET_MISMATCH',
            `it is version ${message.version} and speaks version ${message.protocol} of the protocol, not ${fleetProtocol}`,
          );
        }
        break;
      case 'time':
        this.#tell({ kind: 'time', number: message.number, at: this.#machine.now() });
        break;
      case 'ready':
        this.#ready(message.clock);
        break;
      case 'log':
        this.#setup.deps.log(message.line);
        break;
      case 'report':
        this.#takeReport(message.report);
        break;
      case 'end':
        this.#end(message);
        break;
      default:
        throw new SuiteError('FLEET_MISMATCH', `it said ${JSON.stringify(message).slice(0, 80)}`);
    }
  }

  #ready(clock: ClockOffset): void {
    const { deps, place, options } = this.#setup;
    this.#clock = clock;
    if (Math.abs(clock.offsetMs) > notableOffsetMs) {
      const how = clock.offsetMs > 0 ? 'behind' : 'ahead of';
      deps.log(
        `the clock of ${place} is ${Math.abs(clock.offsetMs).toFixed(1)} ms ${how} this machine's, ` +
          `give or take ${clock.uncertaintyMs.toFixed(1)} ms; that is allowed for`,
      );
    }
    deps.begin().then(
      ({ machineStartAt, startAt = givenStartAt(options) ?? machineStartAt }) => {
        if (!this.#stopping && !this.#isOver) {
          this.#startAt = startAt;
          this.#tell({ kind: 'begin', startAt, machineStartAt });
        }
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #takeReport(report: FleetReport): void {
    const { distributions } = report;
    this.#report = report;
    if (distributions !== undefined) {
      this.#distributions = {
        latency: TimeHistogram.decode(distributions.latency),
        lateness: TimeHistogram.decode(distributions.lateness),
      };
    }
  }

  #end({ why, error }: Extract<FromFleet, { kind: 'end' }>): void {
    this.#hasTold = true;
    this.#startAt = this.#report?.startAt ?? 0;
    if (error !== undefined) {
      this.#fail(errorOfPlain(error));
    } else if (why === 'over' || (why === 'stopped' && this.#stopping)) {
      this.#resolve();
    } else {
      this.#fail(this.#lost(why === 'orphaned' ? 'it had lost this lab' : 'something there told it to end'));
    }
  }

  /** Counts how long nothing was heard, and lets the fleet hear that this lab lives. */
  #tick(): void {
    this.#ticker = this.#machine.wake(this.#machine.now() + signOfLifeMs, () => {
      // Counted and not measured: while this process was paused it has heard nothing, and the fleet may be well.
      this.#unheard++;
      if (this.#unheard * signOfLifeMs > silenceMs) {
        this.#fail(this.#lost(`nothing was heard of it for ${silenceMs / 1_000} s`));
      }
      this.#tell({ kind: 'here' });
      this.#tick();
    });
  }

  #tell(message: ToFleet): void {
    const { input } = this.#setup.transport;
    if (input.writable) {
      input.write(`${JSON.stringify(message)}\n`);
    }
  }

  #fail(error: unknown): void {
    this.#reject(error);
  }

  /** A fleet that has told its end is gone soon; of any other nothing more is expected. */
  async #untilGone(): Promise<void> {
    const { transport } = this.#setup;
    if (this.#hasTold) {
      await this.#within(goneMs, transport.ended);
    }
    await transport.kill();
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    let timer: WaitHandle | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#machine.wake(this.#machine.now() + ms, resolve);
    });
    await Promise.race([work, late]);
    timer?.cancel();
  }

  #lost(how: string): SuiteError {
    const { place } = this.#setup;
    return new SuiteError('FLEET_LOST', `the fleet in ${place} was lost: ${how}${this.#lastWords.quoted()}`);
  }

  #mismatch(what: string): SuiteError {
    const { place } = this.#setup;
    return new SuiteError('FLEET_MISMATCH', `${place} runs no fleet of this version: ${what}`);
  }
}

/** What the reader of frames says knows no place yet. */
function isMismatch(error: unknown): error is SuiteError {
  return error instanceof SuiteError && error.code === 'FLEET_MISMATCH';
}

/** @throws {SuiteError} FLEET_MISMATCH */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SuiteError('FLEET_MISMATCH', messageOf(error));
  }
}
