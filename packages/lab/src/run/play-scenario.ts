import { resolve } from 'node:path';
import { type PlannedUse, planAttacks } from 'sensorsim';
import { type Interval, machineNow, RunningClock, type Scenario } from 'sensorsim-shared';
import { dealAttacks } from '../compose/deal-attacks.js';
import { gatewayIdOf } from '../compose/gateway-id.js';
import { type RunDirectory, removeIfEmpty } from '../compose/run-directory.js';
import { FaultRunner, faults, type PlayedFault } from '../fault/index.js';
import { scopeOf } from '../judge/scope.js';
import type { KafkaOptions } from '../kafka-options.js';
import { type GroupPlan, planGroups } from '../scenario/fleet-plan.js';
import { AttackTallies } from './attack-tallies.js';
import { clockSpeedOf } from './clock-speed.js';
import type { Deployment } from './deployment.js';
import { type FleetDeps, fleetsOf, type GroupFleets } from './fleet.js';
import { mergeIntervals } from './merge-intervals.js';
import { plannedWindows } from './planned-windows.js';
import { playFleets } from './play-fleets.js';
import { RunRecorder } from './run-recorder.js';
import type { RunStage } from './run-stage.js';
import { ScopeTallies } from './scope-tallies.js';
import { settle } from './settle.js';
import { StartGate } from './start-gate.js';

export interface PlayInput {
  readonly scenario: Scenario;
  readonly run: RunDirectory;
  readonly cwd: string;
  readonly topic: string;
  readonly kafka: Partial<KafkaOptions>;
  readonly deployment: Deployment;
}

export interface PlayDeps {
  /** A line for people, without its end. */
  readonly say: (line: string) => void;
  /** Aborted: nothing new is sent, and the run goes on to its end with what is known. */
  readonly stop: AbortSignal;
  /** Called when all are connected and the schedules are about to begin. @returns ends the watching */
  readonly watch?: (playing: Playing) => () => void;
}

/** A run under way, to be watched. */
export interface Playing {
  readonly scenario: Scenario;
  readonly groups: readonly GroupFleets[];
  readonly stage: RunStage;
  readonly tallies: ScopeTallies;
  readonly clock: RunningClock;
  /** Device time, ms since the epoch. */
  readonly startAt: number;
  readonly faults: FaultRunner;
  readonly deployment: Deployment;
}

/** A run that is over, its folder not yet closed. */
export interface PlayedRun {
  readonly scenario: Scenario;
  readonly plans: readonly GroupPlan[];
  readonly groups: readonly GroupFleets[];
  /** Where the gateway was the run's own, with its sums. */
  readonly stage: RunStage;
  /** By which the run's own gateway names itself in the topic; undefined: it had none. */
  readonly gatewayId: string | undefined;
  readonly recorder: RunRecorder;
  readonly tallies: ScopeTallies;
  readonly attacks: AttackTallies;
  readonly intervals: readonly Interval[];
  readonly faults: readonly PlayedFault[];
  readonly spoolPeakRecords: number | null;
  /** Device time, ms since the epoch; 0: it never began. */
  readonly startAt: number;
  /** Machine time, ms since the epoch. */
  readonly machineFrom: number;
  readonly machineTo: number;
  /** It was ended before its time. */
  readonly interrupted: boolean;
  /** What was not played as the scenario says, in words: such a run passes nothing. */
  readonly problems: readonly string[];
}

/** How long sensors wait for confirmations at the end, machine ms: a gateway that comes back then is waited for. */
const closeTimeoutMs = 10_000;

/**
 * Plays a scenario: starts what is needed, lets all fleets, attacks and faults begin at one instant, and ends it all in order.
 * @throws {SuiteError} what the parts throw; everything is closed then
 */
export async function playScenario(input: PlayInput, deps: PlayDeps): Promise<PlayedRun> {
  const { scenario, run, cwd, topic, kafka, deployment } = input;
  const directory = resolve(cwd, run.path);
  const devices = planGroups(scenario).flatMap((plan) => plan.devices);
  const uses = planAttacks(scenario.attacks, devices, scenario.seed);
  const attacks = new AttackTallies(scenario.attacks.map(({ id }) => id));
  const gatewayId = gatewayIdOf(run.runId, { isTopicShared: kafka.kafka !== undefined });
  const problems: string[] = [];
  const cut = new AbortController();
  const machineFrom = machineNow();
  const stage = await deployment
    .openStage({
      scenario,
      gateway: scenario.gateway,
      gatewayId,
      directory,
      topic,
      kafka,
      onLog: (line) => deps.say(`gateway: ${line}`),
      onProblem: deps.say,
      onGatewayDied: (why) => {
        problems.push(`the gateway ended by itself, ${why}`);
        cut.abort();
      },
    })
    .catch((error: unknown) => {
      removeIfEmpty(directory);
      throw error;
    });
  let spoolPeakRecords: number | null = null;
  stage.host?.on('report', ({ snapshot: { spool } }) => {
    spoolPeakRecords =
      spool === undefined ? spoolPeakRecords : Math.max(spoolPeakRecords ?? 0, spool.records);
  });
  let fleets: Fleets | undefined;
  try {
    const tallies = talliesOf(scenario, devices, uses);
    const recorder = new RunRecorder(directory, attacks);
    fleets = new Fleets({ ...input, uses, stage, tallies, recorder, deps });
    const stopAll = (): void => fleets?.stop();
    const stop = AbortSignal.any([deps.stop, cut.signal]);
    stop.addEventListener('abort', stopAll);
    const { groups, plans } = fleets;
    const ended = playFleets(groups, stage.host !== undefined);
    if (stop.aborted) {
      stopAll();
    }
    problems.push(...(await ended).problems);
    stop.removeEventListener('abort', stopAll);
    problems.push(...(await settle(fleets.faults, stage.host, stop)));
    fleets.endWatching();
    problems.push(...(fleets.faults?.problems ?? []));
    const { startAt } = fleets;
    const played = fleets.faults?.played ?? [];
    const intervals = mergeIntervals([
      ...fleetsOf(groups).map((fleet) => fleet.intervals()),
      played.map(({ interval }) => interval),
    ]);
    await stage.close();
    return {
      scenario,
      plans,
      groups,
      stage,
      gatewayId: stage.host === undefined ? undefined : gatewayId,
      recorder,
      tallies,
      attacks,
      intervals,
      faults: played,
      spoolPeakRecords,
      startAt,
      machineFrom,
      machineTo: machineNow(),
      interrupted: deps.stop.aborted,
      problems,
    };
  } finally {
    // Where a fleet was lost, its faults would go on, and find nothing that they could break.
    await fleets?.end();
    await stage.close();
  }
}

function talliesOf(
  scenario: Scenario,
  devices: readonly { readonly id: string; readonly group: string }[],
  uses: readonly PlannedUse[],
): ScopeTallies {
  return new ScopeTallies({
    scopes: [{}, ...scenario.fleet.map(({ name }) => ({ group: name })), ...scenario.expect.map(scopeOf)],
    groupOf: new Map(devices.map(({ id, group }) => [id, group])),
    targets: new Set(uses.flatMap(({ targets }) => targets.map(({ id }) => id))),
    windows: plannedWindows(scenario, uses),
  });
}

interface FleetsInput extends PlayInput {
  readonly uses: readonly PlannedUse[];
  readonly stage: RunStage;
  readonly tallies: ScopeTallies;
  readonly recorder: RunRecorder;
  readonly deps: PlayDeps;
}

/** The fleets of a run, and what begins with them. */
class Fleets {
  readonly plans: readonly GroupPlan[];
  readonly groups: readonly GroupFleets[];
  faults: FaultRunner | undefined;
  readonly #input: FleetsInput;
  #endWatching: (() => void) | undefined;
  #stopped = false;

  constructor(input: FleetsInput) {
    this.#input = input;
    const { scenario, stage, uses, deps, recorder, deployment } = input;
    this.plans = planGroups(scenario, stage.broker);
    const dealt = dealAttacks(uses, this.plans);
    const fleets = this.plans.map(({ options }) => options);
    const count = this.plans.length * deployment.fleetsPerGroup;
    const gate = new StartGate(count, machineNow, (machineStartAt) => this.#begin(machineStartAt));
    this.groups = this.plans.map((plan, place) => ({
      name: plan.group.name,
      fleets: deployment.makeFleets(plan, {
        log: deps.say,
        recorder,
        closeTimeoutMs,
        attacks: dealt[place] ?? [],
        fleets,
        begin: gate.arrive,
        onFate: this.#onFate(plan),
      }),
    }));
  }

  stop(): void {
    this.#stopped = true;
    for (const fleet of fleetsOf(this.groups)) {
      fleet.stop();
    }
    void this.faults?.stop();
  }

  /** Idempotent. */
  endWatching(): void {
    this.#endWatching?.();
    this.#endWatching = undefined;
  }

  /** Ends what began with the fleets, however they ended. Idempotent. */
  async end(): Promise<void> {
    this.endWatching();
    await this.faults?.stop();
    this.faults?.close();
  }

  /** All are connected: faults and the view begin with the schedules. */
  #begin(machineStartAt: number): void {
    const { scenario, stage, deps, tallies, deployment } = this.#input;
    if (this.#stopped) {
      return;
    }
    const startAt = scenario.startMs ?? machineStartAt;
    const { durationMs } = scenario;
    const clock = new RunningClock({ startAt, speed: clockSpeedOf(scenario.clock), machineStartAt });
    const runner = new FaultRunner({
      specs: scenario.faults,
      faults,
      stage,
      clock,
      startAt,
      durationMs,
      onProblem: (problem) => deps.say(problem),
    });
    this.faults = runner;
    runner.start();
    // Sensors wait for their last confirmations then, which may take what a fault withholds.
    const end = clock.wake(startAt + durationMs, () => void runner.stop());
    const endView = deps.watch?.({
      scenario,
      groups: this.groups,
      stage,
      tallies,
      clock,
      startAt,
      faults: runner,
      deployment,
    });
    this.#endWatching = () => {
      end.cancel();
      endView?.();
    };
  }

  #onFate({ devices }: GroupPlan): FleetDeps['onFate'] {
    const { tallies } = this.#input;
    const ids = devices.map(({ id }) => id);
    return (reading, outcome, _reason, elapsedMs) => {
      if (outcome === 'acknowledged') {
        tallies.acknowledged(ids[reading.device] as string, reading.due - this.startAt, elapsedMs);
      }
    };
  }

  /** Device time, ms since the epoch; 0: they have not begun. */
  get startAt(): number {
    return fleetsOf(this.groups)[0]?.startAt ?? 0;
  }
}
