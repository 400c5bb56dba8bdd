import type { Readable, Writable } from 'node:stream';
import {
  type Clock,
  ExitCode,
  exitCodeOf,
  messageOf,
  plainError,
  RunningClock,
  renderError,
  SuiteError,
} from 'sensorsim-shared';
import type { SensorOptions } from '../options.js';
import type { OnFate } from '../record/ledger.js';
import { shardOf } from '../schedule/time-setting.js';
import { Sensor } from '../sensor.js';
import { checkTask } from './check-task.js';
import { type ClockOffset, clockOffsetOf, type RoundTrip } from './clock-offset.js';
import {
  type FleetEnd,
  type FleetReport,
  type FleetTask,
  fleetProtocol,
  longestTaskBytes,
  silenceMs,
  type ToFleet,
} from './fleet-messages.js';
import { FleetOutput } from './fleet-output.js';
import { LineReader } from './line-reader.js';

export interface FleetServiceDeps {
  /** The lab's lines. */
  readonly input: Readable;
  /** To the lab. Must not block while its reader is slow. */
  readonly output: Writable;
  /** For people, where there is no lab to tell. */
  readonly errors: Writable;
  /** Of this package. */
  readonly version: string;
  /** Machine time; absent: the machine's. */
  readonly machine?: Clock;
}

/** Questions for the lab's time. */
const roundTrips = 5;
/** Time between two reports of the distributions, machine ms: to pack one takes a few ms. */
const distributionsMs = 1_000;
/** How long last words may take to get out, machine ms. */
const lastWordsMs = 10_000;

/** Plays one fleet at the word of a lab in another process: `run` once. */
export class FleetService {
  readonly #deps: FleetServiceDeps;
  readonly #machine: Clock;
  readonly #output: FleetOutput;
  /** Settled by the first task, and by whatever makes that there will be none. */
  readonly #task: Promise<FleetTask | undefined>;
  #giveTask!: (task: FleetTask | undefined) => void;
  #hasTask = false;
  readonly #begun: Promise<Extract<ToFleet, { kind: 'begin' }>>;
  #begin!: (begin: Extract<ToFleet, { kind: 'begin' }>) => void;
  #onTime: ((at: number | undefined) => void) | undefined;
  #clock: ClockOffset = { offsetMs: 0, uncertaintyMs: 0 };
  #sensor: Sensor | undefined;
  #end: FleetEnd = 'over';
  #failure: unknown;
  #isOver = false;
  /** Reports since the lab was last heard. */
  #unheard = 0;
  #ticks = 0;

  constructor(deps: FleetServiceDeps) {
    this.#deps = deps;
    this.#machine = deps.machine ?? new RunningClock();
    this.#output = new FleetOutput({
      stream: deps.output,
      machine: this.#machine,
      onFatal: (error) => this.#fail(error),
    });
    this.#task = new Promise((resolve) => {
      this.#giveTask = resolve;
    });
    this.#begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** Plays the fleet that the lab names, and returns the program's exit code when all has been told. */
  async run(): Promise<ExitCode> {
    const { output, errors, version } = this.#deps;
    output.on('error', () => this.#stop('orphaned'));
    this.#output.message({ kind: 'hello', protocol: fleetProtocol, version });
    this.#listen();
    const task = await this.#task;
    if (task !== undefined && this.#failure === undefined) {
      try {
        await this.#play(task);
      } catch (error) {
        this.#failure ??= error;
      }
    }
    this.#isOver = true;
    if (this.#failure === undefined && task === undefined && this.#end === 'orphaned') {
      this.#failure = new SuiteError('FLEET_MISMATCH', 'standard input ended, and no task had come', {
        hint: 'This program is started by sensorsim-lab, which conducts it; for sensors of your own use sensorsim.',
      });
    }
    const error = this.#failure;
    this.#output.message({
      kind: 'end',
      why: this.#end,
      ...(error !== undefined && { error: plainError(error) }),
    });
    if (error !== undefined) {
      errors.write(renderError('sensorsim-fleet', error));
    }
    await this.#output.close(lastWordsMs);
    return error === undefined ? exitCodes[this.#end] : exitCodeOf(error);
  }

  /** A signal asks for the end: the run is cut short, in order. */
  terminate(): void {
    this.#stop('terminated');
  }

  async #play(task: FleetTask): Promise<void> {
    const { options, fleets } = checkTask(task);
    this.#clock = await this.#measureClock();
    const sensor = new Sensor(options, {
      log: (line) => this.#output.message({ kind: 'log', line }),
      recorder: {
        truthLine: (line) => this.#output.truthLine(line),
        truthBytes: (bytes, rows) => this.#output.truthBytes(bytes, rows),
        connection: (event) =>
          this.#output.connection({ ...event, at: Math.round(event.at + this.#clock.offsetMs) }),
      },
      closeTimeoutMs: task.closeTimeoutMs,
      attacks: task.attacks,
      fleets,
      begin: () => this.#untilBegin(),
      onFate: fatesTo(this.#output, options),
      onSlice: () => this.#output.room(),
    });
    this.#sensor = sensor;
    if (this.#end !== 'over') {
      sensor.stop();
    }
    this.#reportOn(task.reportMs);
    try {
      await sensor.run();
    } finally {
      this.#isOver = true;
      this.#report(true, true);
    }
  }

  async #untilBegin(): Promise<{ readonly machineStartAt: number; readonly startAt: number }> {
    this.#output.message({ kind: 'ready', clock: this.#clock });
    const { startAt, machineStartAt } = await this.#begun;
    return { startAt, machineStartAt: machineStartAt - this.#clock.offsetMs };
  }

  async #measureClock(): Promise<ClockOffset> {
    const trips: RoundTrip[] = [];
    for (let number = 0; number < roundTrips && this.#end === 'over'; number++) {
      const askedAt = this.#machine.now();
      const otherAt = await new Promise<number | undefined>((resolve) => {
        this.#onTime = resolve;
        this.#output.message({ kind: 'time', number });
      });
      if (otherAt !== undefined) {
        trips.push({ askedAt, otherAt, answeredAt: this.#machine.now() });
      }
    }
    return trips.length === 0 ? this.#clock : clockOffsetOf(trips);
  }

  #listen(): void {
    const { input } = this.#deps;
    const lines = new LineReader(longestTaskBytes, (line) => this.#take(line));
    input.on('data', (chunk: Buffer) => {
      this.#unheard = 0;
      try {
        lines.push(chunk);
      } catch (error) {
        input.pause();
        this.#fail(error);
      }
    });
    const gone = (): void => this.#stop('orphaned');
    input.on('end', gone);
    input.on('error', gone);
  }

  /** @throws {SuiteError} FLEET_MISMATCH */
  #take(line: string): void {
    const message = parsed(line);
    switch (message.kind) {
      case 'task':
        if (this.#hasTask) {
          throw new SuiteError('FLEET_MISMATCH', 'a second task came; a fleet plays one');
        }
        this.#hasTask = true;
        this.#giveTask(message);
        break;
      case 'time':
        this.#onTime?.(message.at);
        break;
      case 'begin':
        this.#begin(message);
        break;
      case 'stop':
        this.#stop('stopped');
        break;
      case 'here':
        break;
      default:
        throw new SuiteError('FLEET_MISMATCH', `standard input says what is not known here: ${shown(line)}`);
    }
  }

  #stop(why: FleetEnd): void {
    if (this.#isOver) {
      return;
    }
    if (this.#end === 'over' || why === 'orphaned') {
      this.#end = why;
    }
    this.#giveTask(undefined);
    this.#onTime?.(undefined);
    this.#sensor?.stop();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#stop('stopped');
  }

  #reportOn(reportMs: number): void {
    this.#machine.wake(this.#machine.now() + reportMs, () => {
      if (this.#isOver) {
        return;
      }
      // Counted and not measured: a process that was paused has heard nothing, and its lab may be well.
      this.#unheard++;
      if (this.#unheard * reportMs > silenceMs) {
        this.#stop('orphaned');
      }
      const withDistributions = this.#ticks % Math.ceil(distributionsMs / reportMs) === 0;
      this.#ticks++;
      if (!this.#output.isBehind) {
        this.#report(withDistributions, false);
      }
      this.#reportOn(reportMs);
    });
  }

  #report(withDistributions: boolean, isLast: boolean): void {
    const sensor = this.#sensor as Sensor;
    const { latency, lateness } = sensor.distributions();
    const report: FleetReport = {
      startAt: sensor.startAt,
      summary: sensor.summary(),
      snapshot: sensor.snapshot(),
      ...(withDistributions && {
        distributions: { latency: latency.encode(), lateness: lateness.encode() },
      }),
      ...(isLast && { intervals: sensor.intervals() }),
    };
    this.#output.message({ kind: 'report', report });
  }
}

const exitCodes: Readonly<Record<FleetEnd, ExitCode>> = {
  over: ExitCode.done,
  stopped: ExitCode.done,
  terminated: ExitCode.terminated,
  orphaned: ExitCode.unreachable,
};

/** Tells of confirmed readings by the index of the device in the whole fleet, whatever part of it is here. */
function fatesTo(output: FleetOutput, { shard }: SensorOptions): OnFate {
  const { index, of } = shardOf(shard);
  return ({ device, due }, outcome, _reason, elapsedMs) => {
    if (outcome === 'acknowledged') {
      output.fate(index + device * of, due, elapsedMs);
    }
  };
}

/** @throws {SuiteError} FLEET_MISMATCH */
function parsed(line: string): ToFleet {
  try {
    const message = JSON.parse(line) as ToFleet | null;
    if (typeof message === 'object' && message !== null) {
      return message;
    }
  } catch (error) {
    throw new SuiteError(
      'FLEET_MISMATCH',
      `standard input holds no line of a lab: ${shown(line)} (${messageOf(error)})`,
    );
  }
  throw new SuiteError('FLEET_MISMATCH', `standard input holds no line of a lab: ${shown(line)}`);
}

function shown(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
}
