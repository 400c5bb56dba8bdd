import type { Command } from 'commander';
import { addOptions, ExitCode, loadConfig, namedConfigFile, readFlags, renderConfig } from 'sensorsim-shared';
import { auditJson } from './audit/audit-json.js';
import { checkUpOptions } from './compose/check-up-options.js';
import { type UpOptions, upOptions } from './compose/up-options.js';
import { type LabResult, runLab } from './lab.js';
import { listenForKeys } from './observe/keys.js';
import { LiveView } from './observe/live-view.js';
import { renderResult } from './print/render-result.js';
import { wantsColor } from './print/wants-color.js';
import type { ProgramIo, StopSignal } from './program.js';

const examples = `
Examples:
  sensorsim-lab up                                 a living lab; q or Ctrl-C ends it with the audit
  sensorsim-lab up --count 200 --delay 100 --duration 60s
  sensorsim-lab up --duration 15s --json           summaries and audit as one JSON object
  sensorsim-lab up --kafka 127.0.0.1:9092          a real Kafka topic in the middle
  sensorsim-lab up --type temp --type light --seed 42

Every flag can also be a variable (SENSORSIM_LAB_COUNT=200) or a key of --config (count: 200).
Exit code: 0 nothing lost, duplicated or reordered; 1 something was; 2 bad usage; 3 something unreachable;
130 or 143 ended by a signal, with nothing lost.`;

/** `sensorsim-lab up`. */
export function upCommand(program: Command, io: ProgramIo, done: (code: ExitCode) => void): void {
  const command = program
    .command('up')
    .summary('run broker, gateway, topic and sensors in this process, watch them, and audit the run')
    .description(
      'Runs an embedded MQTT broker, the gateway, a topic on disk and a small mixed fleet of sensors in one process, ' +
        'shows them live, and ends with an audit: every reading acknowledged to a sensor is looked up in the topic.',
    );
  addOptions(command, upOptions)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples)
    .action(async () => {
      done(await up(command, io));
    });
}

async function up(command: Command, io: ProgramIo): Promise<ExitCode> {
  const { flags, problems } = readFlags(command, upOptions);
  const file = namedConfigFile('SENSORSIM_LAB', flags, io.env);
  const { values, sources } = loadConfig({
    table: upOptions,
    prefix: 'SENSORSIM_LAB',
    flags,
    flagProblems: problems,
    env: io.env,
    ...(file === undefined ? {} : { file }),
    check: checkUpOptions,
  });
  if (values.printConfig) {
    io.stdout.write(renderConfig(upOptions, values, sources));
    return ExitCode.done;
  }
  const color = wantsColor(io.stderr, io.env);
  const view = values.view && io.stderr.isTTY === true ? new LiveView(io.stderr, color) : undefined;
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
    const say = (text: string): void => {
      view === undefined ? io.stderr.write(text) : view.print(text);
    };
    const result = await runLab(values, { cwd: io.cwd, say, view, color, stop: stop.signal });
    report(result, values, io, color);
    if (result.broken.length > 0) {
      return ExitCode.verdictFailed;
    }
    return signal === undefined
      ? ExitCode.done
      : signal === 'SIGINT'
        ? ExitCode.interrupted
        : ExitCode.terminated;
  } finally {
    view?.stop();
    endKeys?.();
    endSignals();
  }
}

function report(result: LabResult, options: UpOptions, io: ProgramIo, color: boolean): void {
  io.stderr.write(renderResult(result, color));
  if (options.json) {
    const { runId, directory, sensors, gateway } = result;
    io.stdout.write(`${JSON.stringify({ runId, directory, sensors, gateway, ...auditJson(result) })}\n`);
  }
}
