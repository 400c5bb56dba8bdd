import type { AttackSpec, AttackSummary, Clock, Interval } from 'sensorsim-shared';
import { delayOf, shapeOf, wholeFleetOf } from '../layout.js';
import { loadModels, type ModelChoice } from '../model-choice.js';
import type { SensorOptions } from '../options.js';
import { brokerAddresses } from '../publish/broker-address.js';
import { readTlsFiles } from '../publish/mqtt-settings.js';
import { type Shard, shardOf } from '../schedule/time-setting.js';
import type { Recorder } from '../sensor.js';
import { clockOf, codecOf, modelMaker, type RunStart } from '../share.js';
import { AttackCrew } from './attack-crew.js';
import type { AttackConnector } from './drive/attack-connection.js';
import { Identities } from './identities.js';
import { intervalsOf, mergeTraces, type WindowTraces } from './interval-log.js';
import { type PlannedUse, planAttacks } from './plan.js';
import { type FleetRules, Strangers } from './strangers.js';

export interface AttacksDeps {
  /** Machine time. */
  readonly machine: Clock;
  readonly log: (line: string) => void;
  readonly onFatal: (error: Error) => void;
  readonly recorder?: Recorder | undefined;
  readonly makeClock?: ((start: RunStart) => Clock) | undefined;
  /** Settings of all fleets of the run, this one's own object among them; absent: there is no other. */
  readonly fleets?: readonly SensorOptions[] | undefined;
  /** Absent: sockets to the broker that the settings name. */
  readonly connector?: AttackConnector | undefined;
}

/** The patterns of a run, as its main thread has them: what is planned, and the connections of those that have their own. */
export class Attacks {
  readonly #options: SensorOptions;
  readonly #deps: AttacksDeps;
  readonly #uses: readonly PlannedUse[];
  readonly #crew: AttackCrew | undefined;
  readonly #stopConnector: (() => Promise<void>) | undefined;

  private constructor(
    options: SensorOptions,
    deps: AttacksDeps,
    uses: readonly PlannedUse[],
    crew: AttackCrew | undefined,
    stopConnector: (() => Promise<void>) | undefined,
  ) {
    this.#options = options;
    this.#deps = deps;
    this.#uses = uses;
    this.#crew = crew;
    this.#stopConnector = stopConnector;
  }

  /** @throws {SuiteError} CONFIG_INVALID */
  static async make(
    options: SensorOptions,
    specs: readonly AttackSpec[],
    deps: AttacksDeps,
  ): Promise<Attacks> {
    const choices = await loadModels(options);
    const uses = planAttacks(specs, wholeFleetOf(options, choices), options.seed);
    // Of a fleet that is split, the first part has the connections of the patterns: together the parts send what one would.
    const isFirst = shardOf(options.shard).index === 0;
    const driving = uses.filter(({ pattern }) => isFirst && pattern.drive !== undefined);
    if (driving.length === 0) {
      return new Attacks(options, deps, uses, undefined, undefined);
    }
    const sockets = deps.connector === undefined ? await socketConnector(options, deps.machine) : undefined;
    const own = rulesOf(options, choices);
    const fleets = await Promise.all(
      (deps.fleets ?? [options])
        .filter((other) => isAlike(other, options))
        .map(async (other) => (other === options ? own : rulesOf(other, await loadModels(other)))),
    );
    const crew = new AttackCrew({
      uses: driving,
      own,
      strangers: new Strangers({ own, fleets }),
      codec: codecOf(options),
      delayMs: delayOf(options),
      machine: deps.machine,
      connector: deps.connector ?? (sockets as NonNullable<typeof sockets>),
      truthLine: deps.recorder && ((line) => deps.recorder?.truthLine(line)),
      onConnection: deps.recorder && ((event) => deps.recorder?.connection(event)),
      log: deps.log,
      onFatal: deps.onFatal,
    });
    return new Attacks(options, deps, uses, crew, sockets && (() => sockets.stop()));
  }

  /** The schedule has begun. */
  start(start: RunStart): void {
    if (this.#crew !== undefined) {
      const clock = this.#deps.makeClock?.(start) ?? clockOf(this.#options, start);
      this.#crew.start(clock, start.startAt);
    }
  }

  /** Ends every connection of the patterns; resolves when that has been recorded. Idempotent. */
  async stop(): Promise<void> {
    this.#crew?.stop();
    await this.#stopConnector?.();
  }

  /** Undefined: no pattern has connections of its own. */
  summary(): AttackSummary | undefined {
    return this.#crew?.summary();
  }

  /** @param traces what the fleet's threads saw */
  intervals(traces: WindowTraces, startAt: number, endAt: number): Interval[] {
    const own = this.#crew?.intervals.traces;
    const uses = this.#uses.flatMap((use) => ownPartOf(use, shardOf(this.#options.shard)));
    return intervalsOf(uses, own === undefined ? traces : mergeTraces([traces, own]), startAt, endAt);
  }
}

/** Of a fleet that is split, each part tells of its own targets, and the first of connections: together they tell what one would. */
function ownPartOf(use: PlannedUse, { index, of }: Shard): PlannedUse[] {
  if (use.pattern.drive !== undefined) {
    return index === 0 ? [use] : [];
  }
  const targets = use.targets.filter((device) => device.index % of === index);
  return targets.length > 0 || of === 1 ? [{ ...use, targets }] : [];
}

/** Whether the likes of a fleet's devices can do what those of another can: they write readings as those do, and log in or do not. */
function isAlike(fleet: SensorOptions, other: SensorOptions): boolean {
  return fleet.format === other.format && (fleet.password === undefined) === (other.password === undefined);
}

function rulesOf(options: SensorOptions, choices: readonly ModelChoice[]): FleetRules {
  return {
    options,
    identities: new Identities(options, shapeOf(options, choices)),
    model: (device, startAt) => modelMaker(options, choices, startAt)(device),
  };
}

async function socketConnector(options: SensorOptions, machine: Clock) {
  const { SocketConnector } = await import('./drive/socket-connector.js');
  return new SocketConnector({
    addresses: brokerAddresses(options),
    tls: readTlsFiles(options, []),
    insecure: options.insecure,
    machine,
  });
}
