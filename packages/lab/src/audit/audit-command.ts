import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { addOptions, type ConfigSource, ExitCode, loadConfig, readFlags, SuiteError } from 'sensorsim-shared';
import { topicFolder } from '../compose/run-directory.js';
import { kafkaProblems } from '../kafka-options.js';
import { wantsColor } from '../print/wants-color.js';
import type { ProgramIo } from '../program.js';
import { auditJson } from './audit-json.js';
import { type AuditOptions, auditOptions } from './audit-options.js';
import { renderAudit, wholeWay } from './audit-report.js';
import { auditRuns } from './audit-runs.js';
import { earliestArrival } from './earliest-arrival.js';
import { EmbeddedTopicSource } from './embedded-topic-source.js';
import { KafkaTopicSource } from './kafka-topic-source.js';
import { type OpenRun, openRun } from './open-run.js';
import type { TopicSource } from './topic-source.js';
import { brokenPromises } from './verdict.js';

const examples = `
Examples:
  sensorsim-lab audit runs/20261124-064300                      a lab's run against its own topic
  sensorsim --type temp -q 1 --duration 60s --record run-a      record any run …
  sensorsim-lab audit run-a --kafka 127.0.0.1:9092              … and audit it against a Kafka topic
  sensorsim-lab audit shard-1 shard-2 --topic-dir /var/topics --topic test

RUN is a folder written by sensorsim --record or sensorsim-lab up; several are audited as one. Readings of other runs in
the topic do not disturb. Memory does not grow with the number of readings, except for formats without sequence numbers
(text, legacy-json) sent with jitter.
Exit code: 0 every promise kept; 1 something lost, reordered, or copied in a way that --duplicates does not allow;
2 bad usage or a damaged run; 3 something unreachable.`;

/** `sensorsim-lab audit`. */
export function auditCommand(program: Command, io: ProgramIo, done: (code: ExitCode) => void): void {
  const command = program
    .command('audit')
    .summary('look up every acknowledged reading of a recorded run in a topic')
    .description(
      'Looks up every reading that a sensor holds an acknowledgement for in a topic, and counts lost, duplicated and ' +
        'reordered.',
    )
    .usage('RUN... [options]');
  addOptions(command, auditOptions)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples)
    .action(async () => {
      done(await audit(command, io));
    });
}

async function audit(command: Command, io: ProgramIo): Promise<ExitCode> {
  const { flags, problems, operands } = readFlags(command, auditOptions, true);
  const { values } = loadConfig({
    table: auditOptions,
    prefix: 'SENSORSIM_LAB',
    flags,
    flagProblems: operands.length === 0 ? [...problems, 'RUN: name the folder of a recorded run'] : problems,
    env: io.env,
    check: checkAuditOptions,
  });
  const runs: OpenRun[] = [];
  for (const operand of operands) {
    runs.push(await openRun(resolve(io.cwd, operand), operand));
  }
  const source = openSource(values, operands, runs, io.cwd);
  try {
    const outcome = await auditRuns({ runs, source, topics: values.topic });
    const report = {
      title: `${operands.join(', ')} in ${values.topic.join(', ')}, ${source.name}`,
      hops: [wholeWay(outcome)],
      outcome,
      broken: brokenPromises(outcome.findings, values.duplicates),
    };
    io.stderr.write(renderAudit(report, wantsColor(io.stderr, io.env)));
    if (values.json) {
      io.stdout.write(`${JSON.stringify({ runs: operands, ...summaryOf(runs), ...auditJson(report) })}\n`);
    }
    return report.broken.length === 0 ? ExitCode.done : ExitCode.verdictFailed;
  } finally {
    await source.close();
  }
}

function checkAuditOptions(
  values: Partial<AuditOptions>,
  sources: Readonly<Record<keyof AuditOptions, ConfigSource>>,
): string[] {
  const problems = kafkaProblems(values, sources);
  if (values.kafka !== undefined && values.topicDir !== undefined) {
    problems.push('--kafka and --topic-dir: the topic is in one place; give one of them');
  }
  return problems;
}

/** Where the topics are: as told, else in the run folder, where a lab keeps them. */
function openSource(
  values: AuditOptions,
  operands: readonly string[],
  runs: readonly OpenRun[],
  cwd: string,
): TopicSource {
  const { kafka, topicDir } = values;
  if (kafka !== undefined) {
    return new KafkaTopicSource({ ...values, kafka }, earliestArrival(runs));
  }
  if (topicDir !== undefined) {
    return new EmbeddedTopicSource(resolve(cwd, topicDir), topicDir);
  }
  const own = join(operands[0] as string, topicFolder);
  if (operands.length > 1 || !existsSync(resolve(cwd, own))) {
    throw new SuiteError('CONFIG_INVALID', 'where is the topic?', {
      hint: 'Name it with --kafka HOST:PORT or --topic-dir DIR; only the run of a lab has one inside.',
    });
  }
  return new EmbeddedTopicSource(resolve(cwd, own), own);
}

/** What a single run's summary says of sensors and gateway; nothing where the run never ended. */
function summaryOf(runs: readonly OpenRun[]): object {
  const [run] = runs;
  if (run?.manifest === undefined || runs.length > 1) {
    return {};
  }
  const summary = JSON.parse(readFileSync(join(run.directory, 'summary.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  return 'readings' in summary
    ? { sensors: summary }
    : { sensors: summary.sensors, gateway: summary.gateway };
}
