import { resolve } from 'node:path';
import { createLog, EmbeddedTopicReader } from 'sensorsim-gateway';
import {
  type Clock,
  defaultReadingTopic,
  type GatewaySummary,
  RunningClock,
  type SensorSummary,
} from 'sensorsim-shared';
import { type Hop, wholeWay } from './audit/audit-report.js';
import { type AuditOutcome, auditRuns } from './audit/audit-runs.js';
import { earliestArrival } from './audit/earliest-arrival.js';
import { EmbeddedTopicSource } from './audit/embedded-topic-source.js';
import { KafkaTopicSource } from './audit/kafka-topic-source.js';
import { type OpenRun, openRun } from './audit/open-run.js';
import type { TopicSource } from './audit/topic-source.js';
import { brokenPromises } from './audit/verdict.js';
import { composeLab, type Lab } from './compose/compose-lab.js';
import { makeRunDirectory } from './compose/run-directory.js';
import { recordedSettings, type UpOptions } from './compose/up-options.js';
import { announcement } from './observe/announcement.js';
import type { LiveView } from './observe/live-view.js';
import { TopicTail } from './observe/topic-tail.js';
import { watchLab } from './observe/watch-lab.js';
import { tool } from './tool.js';

export interface LabDeps {
  readonly cwd: string;
  /** Writes whole lines for people; above the view, while there is one. */
  readonly say: (text: string) => void;
  /** Absent: nothing is drawn. */
  readonly view: LiveView | undefined;
  readonly color: boolean;
  /** Aborted: the sensors send nothing new, and the lab goes on to its audit. */
  readonly stop: AbortSignal;
  /** The clock of the live view; absent: the machine's. */
  readonly clock?: Clock;
}

/** What a lab was and what came of it. */
export interface LabResult {
  readonly runId: string;
  /** Folder of the run, as the user would name it. */
  readonly directory: string;
  readonly sensors: SensorSummary;
  readonly gateway: GatewaySummary;
  readonly hops: readonly Hop[];
  readonly outcome: AuditOutcome;
  readonly topic: string;
  /** Where the topic is, for people. */
  readonly sourceName: string;
  /** What `sensorsim-lab audit DIR` needs besides to find the topic again, with a leading space. */
  readonly auditFlags: string;
  /** What was broken, in words; empty when every promise was kept. */
  readonly broken: readonly string[];
}

/**
 * The all-in-one lab: composes gateway, topic and sensors, runs them until the sensors are done or `stop`, shows them
 * meanwhile, and audits what they claim against what the topic holds.
 * @throws {SuiteError} what the parts throw; everything is closed then
 */
export async function runLab(options: UpOptions, deps: LabDeps): Promise<LabResult> {
  const clock = deps.clock ?? new RunningClock();
  const run = makeRunDirectory({ wanted: options.dir, cwd: deps.cwd, startAt: clock.now() });
  const lab = await composeLab({
    options,
    run,
    cwd: deps.cwd,
    log: createLog({ stream: { write: deps.say }, level: 'warn', format: 'text' }),
    say: (line) => deps.say(`${line}\n`),
  });
  deps.say(announcement(lab, options, deps.color));
  const gateway = await carry(lab, options, clock, deps);
  const sensors = lab.sensor.summary();
  const { startAt } = lab.sensor;
  lab.recorder.finish(
    {
      runId: run.runId,
      tool,
      seed: options.seed,
      clock: 'wall',
      startAt,
      endAt: startAt + sensors.durationMs,
      settings: recordedSettings(options),
      counts: { ...sensors.readings },
    },
    { sensors, gateway },
  );
  return audited(lab, options, { sensors, gateway }, deps);
}

/** Runs the sensors to their end, in view, and then lets the gateway finish. */
async function carry(lab: Lab, options: UpOptions, clock: Clock, deps: LabDeps): Promise<GatewaySummary> {
  const { sensor, gateway } = lab;
  const stopSensors = (): void => sensor.stop();
  deps.stop.addEventListener('abort', stopSensors);
  if (deps.stop.aborted) {
    sensor.stop();
  }
  const endView = deps.view === undefined ? undefined : await openView(deps.view, lab, options, clock, deps);
  try {
    await sensor.run();
  } finally {
    deps.stop.removeEventListener('abort', stopSensors);
    await endView?.();
    await gateway.stop();
  }
  return gateway.stop();
}

async function openView(
  view: LiveView,
  lab: Lab,
  options: UpOptions,
  clock: Clock,
  deps: LabDeps,
): Promise<() => Promise<void>> {
  const tail =
    lab.topicDirectory === undefined
      ? undefined
      : new TopicTail(new EmbeddedTopicReader(resolve(deps.cwd, lab.topicDirectory)));
  tail?.start();
  view.start();
  const endWatching = watchLab({
    runId: lab.run.runId,
    devices: options.count,
    durationMs: options.duration,
    sensor: lab.sensor,
    gateway: lab.gateway,
    tail,
    places: [...lab.gateway.addresses, `${lab.gateway.observeAddress}/metrics`, lab.run.path],
    view,
    clock,
  });
  return async () => {
    endWatching();
    view.stop();
    await tail?.stop();
  };
}

async function audited(
  lab: Lab,
  options: UpOptions,
  { sensors, gateway }: { sensors: SensorSummary; gateway: GatewaySummary },
  deps: LabDeps,
): Promise<LabResult> {
  const run = await openRun(resolve(deps.cwd, lab.run.path), lab.run.path);
  const source = sourceOf(lab, options, run, deps.cwd);
  try {
    const outcome = await auditRuns({
      runs: [run],
      source,
      topics: [options.topic],
      gatewayId: lab.gateway.id,
      mayBeEmpty: true,
    });
    const hops = hopsOf(sensors, gateway, outcome);
    const broken = brokenPromises(outcome.findings, 'none');
    for (const { hop, lost } of hops.slice(0, -1)) {
      if (lost > 0) {
        broken.push(`${lost} lost on ${hop}`);
      }
    }
    const { runId, path: directory } = lab.run;
    const place = { topic: options.topic, sourceName: source.name, auditFlags: auditFlags(options) };
    return { runId, directory, sensors, gateway, hops, outcome, broken, ...place };
  } finally {
    await source.close();
  }
}

/** Where the lab's records are. */
function sourceOf(lab: Lab, options: UpOptions, run: OpenRun, cwd: string): TopicSource {
  const { kafka } = options;
  if (kafka !== undefined) {
    return new KafkaTopicSource({ ...options, kafka }, earliestArrival([run]));
  }
  const directory = lab.topicDirectory as string;
  return new EmbeddedTopicSource(resolve(cwd, directory), directory);
}

function auditFlags({ topic, kafka }: UpOptions): string {
  const place = kafka === undefined ? '' : ` --kafka ${kafka.join(',')}`;
  return `${place}${topic === defaultReadingTopic ? '' : ` --topic ${topic}`}`;
}

/** Each hop of the way, from what both of its ends say, and the whole way from the audit. */
function hopsOf(sensors: SensorSummary, gateway: GatewaySummary, outcome: AuditOutcome): Hop[] {
  const { acknowledged } = sensors.readings;
  const { forwarded } = gateway;
  const { gatewayRecords, findings } = outcome;
  return [
    {
      hop: 'sensor → gateway',
      confirmed: acknowledged,
      found: gateway.acknowledged,
      lost: Math.max(0, acknowledged - gateway.acknowledged),
      duplicated: findings.duplicatedMarked,
      reordered: null,
    },
    {
      hop: 'gateway → topic',
      confirmed: forwarded,
      found: gatewayRecords,
      lost: Math.max(0, forwarded - gatewayRecords),
      duplicated: Math.max(0, gatewayRecords - forwarded),
      reordered: findings.reordered,
    },
    wholeWay(outcome),
  ];
}
