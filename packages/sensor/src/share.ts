import {
  type AttackSpec,
  type Clock,
  type Codec,
  type ConnectionEvent,
  codecs,
  RunningClock,
  type SuiteError,
  VirtualClock,
} from 'sensorsim-shared';
import { delayOf, devicesOf, fleetCount, wholeFleetOf } from './layout.js';
import { type DeviceModel, resolveSensorType } from './model/index.js';
import { loadModels, type ModelChoice } from './model-choice.js';
import type { SensorOptions } from './options.js';
import { Disturber } from './pattern/disturber.js';
import { IntervalLog } from './pattern/interval-log.js';
import { type PlannedUse, planAttacks } from './pattern/plan.js';
import { makePublisher, type PublisherSetup } from './publish/index.js';
import type { ConnectionCounts, DueReading, Publisher } from './publish/publisher.js';
import { Ledger, type OnFate } from './record/ledger.js';
import { type LineRoom, type LineSink, SortedLines } from './record/line-sink.js';
import type { Totals } from './report/totals.js';
import { Deadlines } from './schedule/deadlines.js';
import { type DeviceSpec, quotas } from './schedule/fleet.js';
import { FleetLoop } from './schedule/fleet-loop.js';
import { clockSpeed } from './schedule/time-setting.js';

/** Which of the threads of a process a share belongs to. */
export interface ThreadNumber {
  /** From 0. */
  readonly worker: number;
  readonly of: number;
}

export interface ShareDeps {
  /** Machine time. */
  readonly machine: Clock;
  readonly log: (line: string) => void;
  readonly onFatal: (error: SuiteError) => void;
  readonly onConnection?: ((event: ConnectionEvent) => void) | undefined;
  /** Takes truth rows; absent: none are made. */
  readonly truth?: LineSink | undefined;
  /** Takes readings, under `--out`. */
  readonly out?: (LineSink & LineRoom) | undefined;
  /** Called at the end of each slice of time, when all its lines have been added. */
  readonly onSlice?: (() => Promise<void> | undefined) | undefined;
  /** Makes the clock of the run; absent: as `--clock` says. */
  readonly makeClock?: ((start: RunStart) => Clock) | undefined;
  /** Patterns that are played upon the fleet. */
  readonly attacks?: readonly AttackSpec[] | undefined;
  /** Takes readings in place of what the settings name. */
  readonly makePublisher?: ((setup: PublisherSetup) => Publisher | Promise<Publisher>) | undefined;
  /** Hears of each reading's fate. */
  readonly onFate?: OnFate | undefined;
}

/** When a run begins. */
export interface RunStart {
  /** Device time, ms since the epoch. */
  readonly startAt: number;
  /** The machine's time at that moment, so that all threads agree; absent: now. */
  readonly machineStartAt?: number | undefined;
}

/** How many devices views show the last reading of. */
const shownDevices = 8;
/** Readings of a slice under a virtual clock: enough that a turn of the event loop costs nothing beside them. */
const sliceReadings = 8_192;
/** Machine time of a slice where lines of several threads are put in order while the clock runs. */
const runningSliceMs = 100;

/** One thread's share of the fleet, its stages strung together: model → schedule → encode → publish. */
export class Share {
  readonly devices: readonly DeviceSpec[];
  readonly ledger: Ledger;
  readonly connections: ConnectionCounts = { opened: 0, failed: 0, lost: 0, reconnected: 0 };
  /** The last reading of the first few devices. */
  readonly last: (DueReading | undefined)[] = [];
  readonly #options: SensorOptions;
  readonly #thread: ThreadNumber;
  readonly #choices: readonly ModelChoice[];
  /** Devices of the whole process. */
  readonly #deviceCount: number;
  readonly #deps: ShareDeps;
  #publisher!: Publisher;
  #models: DeviceModel[] = [];
  /** The second values of the 2018 pair. */
  #lights: DeviceModel[] | undefined;
  /** By place of the device; undefined where no pattern acts on it, or on any. */
  #disturbers: (Disturber | undefined)[] | undefined;
  readonly #uses: readonly PlannedUse[];
  readonly #intervals = new IntervalLog();
  #loop: FleetLoop | undefined;
  #stopped = false;

  private constructor(
    options: SensorOptions,
    thread: ThreadNumber,
    choices: readonly ModelChoice[],
    deps: ShareDeps,
  ) {
    this.#options = options;
    this.#thread = thread;
    this.#choices = choices;
    this.#deps = deps;
    const all = devicesOf(options, choices);
    this.#deviceCount = all.length;
    this.#uses = planAttacks(deps.attacks ?? [], wholeFleetOf(options, choices), options.seed);
    this.devices =
      thread.of === 1 ? all : all.filter(({ connection }) => connection % thread.of === thread.worker);
    const { truth } = deps;
    this.ledger = new Ledger({
      devices: this.devices,
      onFate: deps.onFate,
      lateAfterMs: options.lateAfter,
      truth:
        truth !== undefined && this.#virtual && options.out === undefined ? new SortedLines(truth) : truth,
      connectionOf: (device) => this.#publisher.connectionOf(device),
    });
  }

  /** @throws {SuiteError} CONFIG_INVALID, CONFIG_UNREADABLE */
  static async make(options: SensorOptions, thread: ThreadNumber, deps: ShareDeps): Promise<Share> {
    const share = new Share(options, thread, await loadModels(options), deps);
    share.#publisher = await (deps.makePublisher ?? makePublisher)({
      options,
      codec: codecOf(options),
      devices: share.devices,
      connectionCount: options.connections ?? share.#deviceCount,
      machine: deps.machine,
      fates: share.ledger,
      counts: share.connections,
      log: deps.log,
      // Connections live in machine time; under a virtual clock equal runs are to leave equal folders.
      onConnection: share.#virtual ? undefined : deps.onConnection,
      onFatal: deps.onFatal,
      // No setting takes patterns to hosts that are far.
      nearOnly: (deps.attacks ?? []).length > 0,
      out: deps.out,
    });
    return share;
  }

  totals(): Totals {
    const { counts, reasons, latency, lateness, lastAt, lastDue } = this.ledger;
    const { inFlight, waiting } = this.#publisher;
    return {
      counts,
      reasons,
      connections: this.connections,
      latency,
      lateness,
      lastAt,
      lastDue,
      inFlight: inFlight + waiting,
      last: this.last.filter((reading) => reading !== undefined),
      traces: this.#intervals.traces,
    };
  }

  /** Resolves when every connection has been tried. */
  connect(): Promise<void> {
    return this.#publisher.start();
  }

  /** Makes the models, which takes a while for a large fleet. Their courses begin at this device time. */
  prepare(startAt: number): void {
    const { post, postForm } = this.#options;
    this.#models = this.#makeModels(startAt);
    this.#lights = post !== undefined && postForm !== 'value' ? this.#makeLights(startAt) : undefined;
  }

  /** Resolves when all readings have been published or skipped, or after `stop`. */
  async run(start: RunStart): Promise<void> {
    const clock = this.#deps.makeClock?.(start) ?? clockOf(this.#options, start);
    this.ledger.begin(clock);
    // Not with the models: windows count from when the schedule begins, which is not known before.
    this.#disturbers = this.#makeDisturbers(start.startAt);
    const loop = this.#makeLoop(start.startAt, clock);
    this.#loop = loop;
    if (!this.#stopped) {
      loop.start();
      await loop.ended;
    }
  }

  /** No further reading is made. */
  stop(): void {
    this.#stopped = true;
    this.#loop?.stop();
  }

  /** Awaits what is under way for up to `timeoutMs`, then disconnects. */
  async close(timeoutMs: number): Promise<void> {
    await this.#publisher.stop(timeoutMs);
    this.ledger.endSlice();
  }

  get #virtual(): boolean {
    return this.#options.clock === 'virtual';
  }

  #makeLoop(startAt: number, clock: Clock): FleetLoop {
    const { seed, align, jitter, duration, limit, catchUp } = this.#options;
    const { devices, ledger } = this;
    const count = fleetCount(this.#options);
    const delayMs = delayOf(this.#options);
    const endAt = duration === undefined ? undefined : startAt + duration;
    const deadlines = new Deadlines({
      devices,
      startAt,
      delayMs,
      jitterMs: jitter,
      aligned: align,
      seed,
      endAt,
      quotas: limit === undefined ? undefined : quotas(limit, count, align, devices),
      paceOf: this.#disturbers && ((device) => this.#disturbers?.[device]?.pace),
    });
    return new FleetLoop({
      devices,
      models: this.#models,
      companions: this.#lights,
      disturbers: this.#disturbers,
      deadlines,
      clock,
      publisher: this.#publisher,
      ledger,
      startAt,
      endAt: limit === undefined ? endAt : undefined,
      catchUpMs: catchUp,
      sliceMs: this.#sliceMs(delayMs, clock),
      // Slices of several threads have to be of the same times, whatever is in them.
      mostSliceReadings: this.#virtual && this.#thread.of === 1 ? 8 * sliceReadings : undefined,
      endSlice: () => this.#endSlice(),
      onReading: (reading) => {
        if (reading.device < shownDevices) {
          this.last[reading.device] = reading;
        }
      },
    });
  }

  #sliceMs(delayMs: number, clock: Clock): number {
    if (this.#virtual) {
      return (sliceReadings * delayMs) / this.#deviceCount;
    }
    const merged = this.#thread.of > 1 && this.#options.out !== undefined;
    return merged ? runningSliceMs * clock.speed : Number.POSITIVE_INFINITY;
  }

  async #endSlice(): Promise<void> {
    const { out, onSlice } = this.#deps;
    if (this.#virtual) {
      await this.#publisher.settled();
    }
    this.ledger.endSlice();
    out?.endSlice();
    await onSlice?.();
  }

  #makeDisturbers(startAt: number): (Disturber | undefined)[] | undefined {
    const acting = this.#uses.filter(
      ({ pattern }) => pattern.disturb !== undefined || pattern.role === 'victim',
    );
    if (acting.length === 0) {
      return undefined;
    }
    const byIndex = new Map<number, PlannedUse[]>();
    for (const use of acting) {
      for (const { index } of use.targets) {
        byIndex.set(index, [...(byIndex.get(index) ?? []), use]);
      }
    }
    const { seed, clock } = this.#options;
    const speed = this.#virtual ? 1 : clockSpeed(clock);
    return this.devices.map((device, place) => {
      const uses = byIndex.get(device.index);
      return (
        uses &&
        new Disturber({
          device,
          uses,
          seed,
          startAt,
          delayMs: delayOf(this.#options),
          converter: (this.#models[place] as DeviceModel).converter,
          log: this.#intervals,
          dropConnection: (forMs = 0) => this.#publisher.drop(place, forMs / speed),
        })
      );
    });
  }

  #makeModels(startAt: number): DeviceModel[] {
    const make = modelMaker(this.#options, this.#choices, startAt);
    return this.devices.map(make);
  }

  #makeLights(startAt: number): DeviceModel[] {
    const type = resolveSensorType('light');
    const parameters = type.parameters.parse({});
    return this.devices.map(({ id, room }) =>
      type.create({ seed: this.#options.seed, deviceId: id, room, startAt, parameters }),
    );
  }
}

/** Makes the model of a device of the fleet, or of one that is made like it. */
export function modelMaker(
  { seed }: Pick<SensorOptions, 'seed'>,
  choices: readonly ModelChoice[],
  startAt: number,
): (device: DeviceSpec) => DeviceModel {
  const parameters = new Map(choices.map((choice) => [choice.type, choice.parameters]));
  return ({ id, room, type }) =>
    type.create({ seed, deviceId: id, room, startAt, parameters: parameters.get(type) ?? {} });
}

/** The payload format that the settings name. */
export function codecOf(options: Pick<SensorOptions, 'format'>): Codec {
  return codecs.find((codec) => codec.name === (options.format ?? 'json')) as Codec;
}

/** The clock that the settings ask for. */
export function clockOf(options: SensorOptions, { startAt, machineStartAt }: RunStart): Clock {
  return options.clock === 'virtual'
    ? new VirtualClock(startAt)
    : new RunningClock({ startAt, speed: clockSpeed(options.clock), machineStartAt });
}
