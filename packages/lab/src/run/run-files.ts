import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type LoadedScenario, machineNow, messageOf, type Scenario, SuiteError } from 'sensorsim-shared';
import { makeRunDirectory, type RunDirectory } from '../compose/run-directory.js';
import { findMetric } from '../judge/find-metric.js';
import type { KafkaOptions } from '../kafka-options.js';
import { junitReport, type TimedResult } from '../report/junit.js';
import { concludeRun, hasTopic } from './conclude-run.js';
import type { Deployment } from './deployment.js';
import { type PlayDeps, playScenario } from './play-scenario.js';
import type { RunResult } from './run-result.js';

export interface RunFilesInput {
  readonly files: readonly LoadedScenario[];
  readonly cwd: string;
  readonly topic: string;
  readonly kafka: Partial<KafkaOptions>;
  readonly deployment: Deployment;
  /** `--out`; absent: below `runs/`. */
  readonly out: string | undefined;
  /** `--junit`. */
  readonly junit: string | undefined;
}

export interface RunFilesDeps extends PlayDeps {
  readonly onResult: (result: RunResult) => void;
  /** A run is about to begin. */
  readonly onRun: (scenario: Scenario, run: RunDirectory, place: number, of: number) => void;
}

interface PlannedRun {
  readonly scenario: Scenario;
  readonly file: string;
}

/**
 * Plays every scenario of every file, one after another, each into a folder of its own.
 * @throws {SuiteError} CONFIG_INVALID: a scenario that no run can play; what a run throws
 */
export async function runFiles(input: RunFilesInput, deps: RunFilesDeps): Promise<TimedResult[]> {
  const planned = input.files.flatMap(({ path, scenarios }): PlannedRun[] =>
    scenarios.map((scenario) => ({ scenario, file: path })),
  );
  refuseUnplayable(planned, input);
  if (input.junit !== undefined) {
    // A place that takes no report is told before hours of runs, and a report of earlier runs is not taken for one of these.
    writeReport(resolve(input.cwd, input.junit), input.junit, []);
  }
  const results: TimedResult[] = [];
  for (const [place, { scenario, file }] of planned.entries()) {
    if (deps.stop.aborted) {
      break;
    }
    const startedAt = machineNow();
    const run = makeRunDirectory({
      wanted: folderOf(input.out, planned, place),
      flag: '--out',
      cwd: input.cwd,
      startAt: startedAt,
    });
    deps.onRun(scenario, run, place, planned.length);
    const { cwd, topic, kafka, deployment } = input;
    const play = { scenario, run, cwd, topic, kafka, deployment };
    const result = await concludeRun(await playScenario(play, deps), play, file);
    results.push({ result, startedAt, tookMs: machineNow() - startedAt });
    deps.onResult(result);
    if (input.junit !== undefined) {
      // After each run, so that a later one that fails to start leaves what is known.
      writeReport(resolve(cwd, input.junit), input.junit, results);
    }
  }
  return results;
}

function refuseUnplayable(planned: readonly PlannedRun[], input: RunFilesInput): void {
  const problems = planned.flatMap(({ scenario, file }) =>
    problemsOf(scenario, input).map((problem) => `${file}: ${problem}`),
  );
  if (problems.length > 0) {
    throw new SuiteError('CONFIG_INVALID', 'not every scenario can be run', {
      problems: [...new Set(problems)],
      hint: 'See sensorsim-lab run --help, and sensorsim-lab explain FILE for what a scenario would do.',
    });
  }
}

function problemsOf(scenario: Scenario, input: RunFilesInput): string[] {
  const { clock, expect, gateway, name } = scenario;
  const problems = input.deployment.problemsOf(scenario);
  if (clock === 'virtual') {
    problems.push(
      `${name} has the virtual clock, and a gateway lives in real time; write it as a data set (sensorsim-lab dataset), or run it faster with --set clock=60x`,
    );
  }
  if (!hasTopic({ scenario, kafka: input.kafka })) {
    const blind = expect.filter(({ metric }) => findMetric(metric)?.metric.needs === 'topic');
    for (const { text } of blind) {
      problems.push(`"${text}" needs the topic that ${gateway.address} writes to; name it with --kafka`);
    }
  }
  return problems;
}

/** Undefined: one by date below `runs/`. */
function folderOf(
  out: string | undefined,
  planned: readonly PlannedRun[],
  place: number,
): string | undefined {
  if (out === undefined || planned.length === 1) {
    return out;
  }
  const { scenario } = planned[place] as PlannedRun;
  const given = Object.entries(scenario.cell).map(([axis, value]) => `${axis}-${value}`);
  const name = [scenario.name, ...given].join('-').replace(/[^A-Za-z0-9._-]/g, '_');
  return join(out, `${String(place + 1).padStart(String(planned.length).length, '0')}-${name}`);
}

function writeReport(path: string, shown: string, results: readonly TimedResult[]): void {
  try {
    writeFileSync(path, `${junitReport(results)}\n`);
  } catch (cause) {
    throw new SuiteError('FILE_UNWRITABLE', `cannot write ${shown}: ${messageOf(cause)}`, { cause });
  }
}
