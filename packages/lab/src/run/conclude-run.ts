import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { KafkaConnectionOptions } from 'sensorsim-gateway';
import { type Scenario, scenarioHash } from 'sensorsim-shared';
import { EmbeddedTopicSource } from '../audit/embedded-topic-source.js';
import { KafkaTopicSource } from '../audit/kafka-topic-source.js';
import { EmptyTopicSource, type TopicSource } from '../audit/topic-source.js';
import { topicFolder } from '../compose/run-directory.js';
import type { Evidence, GatewayEvidence } from '../judge/evidence.js';
import { judge } from '../judge/judge.js';
import { tool } from '../tool.js';
import { type JoinedRun, joinRun } from '../trace/join-run.js';
import { statusMatcher } from '../trace/status-message.js';
import { isDriven } from './attack-tallies.js';
import { faultEvidence } from './fault-evidence.js';
import { fleetsOf } from './fleet.js';
import type { PlayedRun, PlayInput } from './play-scenario.js';
import type { RunResult } from './run-result.js';
import { loadOf, wholeSummary } from './whole-load.js';

/** How far the clocks of this machine and of Kafka may be apart, ms. */
const clockSkewMs = 3_600_000;

/**
 * Concludes a run that was played: traces every message to its truth row and back, judges the expectations, and closes the run
 * folder.
 * @param file the scenario's, as the user named it
 * @throws {SuiteError} what the topic's source throws; FILE_UNWRITABLE
 */
export async function concludeRun(played: PlayedRun, input: PlayInput, file: string): Promise<RunResult> {
  const { scenario, run } = input;
  played.recorder.folder.flush();
  const isTopicKnown = hasTopic(input);
  const joined = await joinTopic(played, input);
  const evidence = evidenceOf(played, joined);
  const expectations = judge(scenario.expect, evidence);
  const { problems, interrupted, attacks, intervals } = played;
  const isKept = expectations.every(({ pass }) => pass) && problems.length === 0 && !interrupted;
  const { latencyMs: _, ...audit } = evidence.delivery({});
  const result: RunResult = {
    scenario: scenario.name,
    claim: scenario.claim,
    verdict: isKept ? 'pass' : 'fail',
    expectations,
    file,
    seed: scenario.seed,
    cell: scenario.cell,
    runId: run.runId,
    deployment: input.deployment.facts,
    directory: run.path,
    interrupted,
    problems,
    sensors: sensorsOf(played),
    gateway: gatewayJson(evidence.gateway, played),
    audit: isTopicKnown ? audit : null,
    trace: isTopicKnown ? joined.trace : null,
    deadLetters: joined.deadLetters,
    attacks: attacks.evidence(intervals),
    faults: evidence.faults,
    intervals,
  };
  finish(played, input, result, joined);
  return result;
}

/** Whether the run knows where its readings go. */
export function hasTopic({ scenario, kafka }: Pick<PlayInput, 'scenario' | 'kafka'>): boolean {
  return scenario.gateway.address === undefined || kafka.kafka !== undefined;
}

async function joinTopic(played: PlayedRun, input: PlayInput): Promise<JoinedRun> {
  const { gatewayId, recorder, tallies, attacks, startAt, machineFrom, machineTo } = played;
  const directory = resolve(input.cwd, input.run.path);
  const source = sourceOf(input, directory, machineFrom);
  try {
    return await joinRun({
      directory,
      rows: recorder.rows,
      source,
      topics: [input.topic],
      gatewayId,
      from: machineFrom,
      to: machineTo,
      isStatus: statusMatcher(played.plans.map(({ options }) => options)),
      onRow: (entry) => {
        attacks.joined(entry);
        if (!isDriven(entry.row)) {
          tallies.joined(entry, startAt);
        }
      },
    });
  } finally {
    await source.close();
  }
}

function sourceOf(input: PlayInput, directory: string, machineFrom: number): TopicSource {
  const { kafka } = input.kafka;
  if (kafka !== undefined) {
    const settings = { ...input.kafka, kafka } as KafkaConnectionOptions;
    return new KafkaTopicSource(settings, machineFrom - clockSkewMs);
  }
  const topic = join(directory, topicFolder);
  return existsSync(topic) ? new EmbeddedTopicSource(topic) : new EmptyTopicSource();
}

function evidenceOf(played: PlayedRun, joined: JoinedRun): Evidence {
  const { scenario, groups, tallies, attacks, intervals, faults } = played;
  const byGroup = new Map(groups.map(({ name, fleets }) => [name, loadOf(fleets)]));
  const fleets = fleetsOf(groups);
  const whole = loadOf(fleets);
  return {
    durationMs: Math.max(...fleets.map((fleet) => fleet.summary().durationMs)),
    delivery: (scope) => tallies.evidence(scope),
    load: (group) => (group === undefined ? whole : (byGroup.get(group) ?? whole)),
    gateway: gatewayEvidence(played),
    deadLetters: joined.deadLetters,
    trace: joined.trace,
    attacks: attacks.evidence(intervals),
    faults: faultEvidence(scenario.faults, faults),
  };
}

function gatewayEvidence({ stage: { host }, spoolPeakRecords }: PlayedRun): GatewayEvidence | undefined {
  if (host === undefined) {
    return undefined;
  }
  const { peakRssBytes } = host;
  return {
    summary: host.summary(),
    peakMemoryBytes: peakRssBytes === 0 ? null : peakRssBytes,
    spoolPeakRecords,
  };
}

function gatewayJson(gateway: GatewayEvidence | undefined, { stage }: PlayedRun): RunResult['gateway'] {
  if (gateway === undefined) {
    return null;
  }
  const { summary, peakMemoryBytes } = gateway;
  return { ...summary, peakMemoryBytes, lives: stage.host?.lives.length ?? 0 };
}

function sensorsOf({ groups, scenario: { seed } }: PlayedRun): RunResult['sensors'] {
  const byName = groups.map(({ name, fleets }) => {
    const [only] = fleets;
    return [name, fleets.length === 1 && only !== undefined ? only.summary() : wholeSummary(fleets, seed)];
  });
  return { ...wholeSummary(fleetsOf(groups), seed), groups: Object.fromEntries(byName) };
}

function finish(played: PlayedRun, input: PlayInput, result: RunResult, joined: JoinedRun): void {
  const { scenario, run } = input;
  const { startAt, recorder, intervals } = played;
  const { intervals: _, ...summary } = result;
  recorder.folder.finish(
    {
      runId: run.runId,
      tool,
      seed: scenario.seed,
      clock: scenario.clock,
      startAt,
      endAt: startAt + result.sensors.durationMs,
      settings: {
        scenario: scenario.name,
        file: result.file,
        hash: scenarioHash(scenario),
        ...(scenario.startMs !== undefined && { start: scenario.startMs }),
        topic: input.topic,
        deployment: input.deployment.facts,
        definition: withoutSecrets(scenario),
      },
      counts: { ...result.sensors.readings, rows: recorder.rows },
    },
    summary,
    intervals,
    { 'arrivals.ndjson': joined.file },
  );
}

/** A scenario as a manifest may keep it. */
function withoutSecrets(scenario: Scenario): object {
  return { ...scenario, fleet: scenario.fleet.map(({ password: _, ...group }) => group) };
}
