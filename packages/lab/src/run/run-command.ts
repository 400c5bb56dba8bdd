import type { Command } from 'commander';
import { addOptions, type ConfigSource, ExitCode, loadConfig, readFlags } from 'sensorsim-shared';
import { needlessDockerFlags } from '../docker/index.js';
import { kafkaProblems } from '../kafka-options.js';
import { listenForKeys } from '../observe/keys.js';
import { LiveView } from '../observe/live-view.js';
import { wantsColor } from '../print/wants-color.js';
import type { ProgramIo, StopSignal } from '../program.js';
import type { TimedResult } from '../report/junit.js';
import { renderMatrix } from '../report/render-matrix.js';
import { renderVerdict } from '../report/render-verdict.js';
import { openScenario } from '../scenario/open-scenario.js';
import { openDeployment } from './open-deployment.js';
import { runFiles } from './run-files.js';
import { type RunOptions, runOptions } from './run-options.js';
import { tellRun, viewRun } from './watch-run.js';

const examples = `
Examples:
  sensorsim-lab run scenarios/gateway-restart-loses-nothing.yaml
  sensorsim-lab run a.yaml --set count=100 --seed 7        with variables, and another seed
  sensorsim-lab run scenarios/*.yaml --junit report.xml    every scenario, for a build server
  sensorsim-lab run a.yaml --kafka 127.0.0.1:9092          a real Kafka in the middle
  sensorsim-lab run a.yaml --on compose                    on containers, beside docker compose -f images/compose.yaml up -d
  sensorsim-lab run a.yaml --json > result.json            verdict, expectations, summaries

Starts a gateway in a process of its own, unless the scenario names one that runs, plays load, attacks and faults against it, traces
every message to its truth row, and says what came true of what the scenario expects. A file with a matrix is run once for each
combination. With --on compose, the gateway and the sensors of the run are containers made after those of the Compose project, faults act on
these containers, and nothing of them is left afterwards. Ctrl-C, and q in the live view, end a run early with what is known.
Exit code: 0 everything expected came true; 1 something did not; 2 bad usage or scenario; 3 something unreachable;
130 or 143 ended by a signal.`;

/** `sensorsim-lab run`. */
export function runCommand(program: Command, io: ProgramIo, done: (code: ExitCode) => void): void {
  const command = program
    .command('run')
    .summary('play scenario files against a gateway, and judge what came of it')
    .description(
      'Plays load, attacks and faults of scenario files against a gateway, and ends with a verdict.',
    )
    .usage('FILE... [options]');
  addOptions(command, runOptions)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples)
    .action(async () => {
      done(await run(command, io));
    });
}

async function run(command: Command, io: ProgramIo): Promise<ExitCode> {
  const { flags, problems, operands } = readFlags(command, runOptions, true);
  const { values } = loadConfig({
    table: runOptions,
    prefix: 'SENSORSIM_LAB',
    flags,
    flagProblems: operands.length === 0 ? [...problems, 'FILE: name a scenario file'] : problems,
    env: io.env,
    check: checkRunOptions,
  });
  const set = values.seed === undefined ? values.set : [...values.set, `seed=${values.seed}`];
  const files = operands.map((path) => openScenario({ path, set, cwd: io.cwd }));
  const color = wantsColor(io.stderr, io.env);
  const hasView = values.view && !values.quiet && io.stderr.isTTY === true;
  const view = hasView ? new LiveView(io.stderr, color) : undefined;
  const say = (line: string): void => {
    view === undefined ? io.stderr.write(`${line}\n`) : view.print(`${line}\n`);
  };
  const stop = new AbortController();
  let signal: StopSignal | undefined;
  const endSignals = io.onSignal((received) => {
    signal ??= received;
    stop.abort();
  });
  const endKeys =
    view === undefined
      ? undefined
      : listenForKeys(io.stdin, { onQuit: () => stop.abort(), onInterrupt: io.interrupt });
  try {
    const { deployment, kafka } = await openDeployment(values, { env: io.env, say });
    const results = await runFiles(
      {
        files,
        cwd: io.cwd,
        topic: values.topic,
        kafka,
        deployment,
        out: values.out,
        junit: values.junit,
      },
      {
        say,
        stop: stop.signal,
        onRun: (scenario, { path }, index, of) => {
          if (!values.quiet) {
            const number = of === 1 ? '' : ` (${index + 1} of ${of})`;
            const place = deployment.place === undefined ? '' : ` (${deployment.place})`;
            say(`${scenario.name}${number}: ${scenario.claim} → ${path}${place}`);
          }
        },
        onResult: (result) => io.stderr.write(`\n${renderVerdict(result, color)}\n`),
        ...(values.quiet ? {} : { watch: view === undefined ? tellRun(say) : viewRun(view) }),
      },
    );
    return report(results, { values, io, color, signal, several: isSeveral(files) });
  } finally {
    view?.stop();
    endKeys?.();
    endSignals();
  }
}

function isSeveral(files: readonly { readonly scenarios: readonly unknown[] }[]): boolean {
  return files.reduce((sum, { scenarios }) => sum + scenarios.length, 0) > 1;
}

interface ReportInput {
  readonly values: RunOptions;
  readonly io: ProgramIo;
  readonly color: boolean;
  readonly signal: StopSignal | undefined;
  /** A table of verdicts is of use. */
  readonly several: boolean;
}

function report(
  results: readonly TimedResult[],
  { values, io, color, signal, several }: ReportInput,
): ExitCode {
  const all = results.map(({ result }) => result);
  const passed = all.length > 0 && all.every(({ verdict }) => verdict === 'pass');
  if (several) {
    io.stderr.write(renderMatrix(all, color));
  }
  if (values.json) {
    const [only] = all;
    const object = several || only === undefined ? { verdict: passed ? 'pass' : 'fail', runs: all } : only;
    io.stdout.write(`${JSON.stringify(object)}\n`);
  }
  if (signal !== undefined) {
    return signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
  }
  return passed ? ExitCode.done : ExitCode.verdictFailed;
}

function checkRunOptions(
  values: Partial<RunOptions>,
  sources: Readonly<Record<keyof RunOptions, ConfigSource>>,
): string[] {
  const problems = kafkaProblems(values, sources);
  if (values.on === 'local') {
    const flags = (['project', 'containers'] as const).filter((name) => sources[name] === 'flag');
    const needless = [...flags.map((name) => `--${name}`), ...needlessDockerFlags(sources)];
    problems.push(...needless.map((flag) => `${flag}: needs --on compose`));
  }
  return problems;
}
