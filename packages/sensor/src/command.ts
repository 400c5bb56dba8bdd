import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { Command } from 'commander';
import {
  addOptions,
  codecs,
  completionScript,
  ExitCode,
  exitCodeOf,
  loadConfig,
  messageOf,
  namedConfigFile,
  type RunFolderWriter,
  readFlags,
  renderConfig,
  renderError,
  resolveConfig,
  type SensorSummary,
  SuiteError,
  unknownVariables,
} from 'sensorsim-shared';
import { fillHost } from './fill-host.js';
import { readLegacyEnvironment } from './legacy-environment.js';
import { describeParameters, sensorTypes } from './model/index.js';
import { type SensorOptions, sensorOptions } from './options.js';
import { patternExplained, patternList } from './pattern/explain.js';
import { destinationOf } from './publish/destination.js';
import { manifestOf, openRunFolder } from './record/run-record.js';
import { liveLine } from './report/live-line.js';
import { summaryTable } from './report/summary-table.js';
import { Sensor } from './sensor.js';
import { settingProblems } from './settings-check.js';

const program = 'sensorsim';
const prefix = 'SENSORSIM';
/** The other programs' variables, and those of the suite's own scripts, which begin alike. */
const othersVariables = ['GATEWAY_', 'LAB_', 'FAULT', 'CACHE', 'REQUIRE_'].map((name) => `${prefix}_${name}`);

/** What a command needs of the process it runs in. */
export interface CommandContext {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This machine's name, for {host} in settings. */
  readonly hostName: string;
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Calls back at SIGINT and SIGTERM, as often as they come; the returned function ends that. */
  readonly onSignal: (callback: (signal: 'SIGINT' | 'SIGTERM') => void) => () => void;
}

const examples = `
Examples:
  sensorsim --type temp --delay 200
      a temperature sensor, five readings a second, to the broker on this machine
  sensorsim --type temp --type light -c 200 --delay 1s -q 1 --duration 10m --record runs/a
      200 sensors in pairs, confirmed, and the fate of every reading written down
  sensorsim -h 192.168.1.20 -c 1000 --rate 5000 --json
      a fleet that sends 5,000 readings a second in all; the summary as JSON
  sensorsim -c 100 --clock virtual --duration 1d --out day.ndjson
      a day of 100 sensors as fast as it goes, the same bytes each time
  sensorsim -c 20 --attack data.bias:offset=3 --attack-at 30s --attack-for 1m --record runs/bias
      one of 20 sensors reads 3 °C too high for a minute, and the run folder says which and when
  sensorsim --post http://127.0.0.1:1880/readings-form --delay 1s
      as the sensor of the 2018 lab
  sensorsim completion bash
      a completion script for the shell (also zsh, fish)
`;

/** Runs `sensorsim` and returns the exit code; everything goes through the context. */
export async function runCommand(context: CommandContext): Promise<ExitCode> {
  try {
    return await run(context);
  } catch (error) {
    context.stderr.write(renderError(program, error));
    return exitCodeOf(error);
  }
}

async function run(context: CommandContext): Promise<ExitCode> {
  const { argv, env, hostName, stdout, stderr } = context;
  if (argv[0] === 'completion') {
    stdout.write(completionScript(argv[1] ?? 'bash', { program, table: sensorOptions }));
    return ExitCode.done;
  }
  const command = addOptions(new Command(program), sensorOptions)
    .description('Virtual sensors that behave like sensors, over MQTT.')
    .usage('[options]')
    .version(version(), '--version', 'show the version')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: () => {},
    });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    const { code, exitCode } = error as { code?: string; exitCode?: number };
    if (exitCode === 0) {
      return ExitCode.done;
    }
    throw code?.startsWith('commander.')
      ? new SuiteError('CONFIG_INVALID', messageOf(error).replace(/^error: /, ''), { hint: 'See --help.' })
      : error;
  }
  const { flags, problems } = readFlags(command, sensorOptions);
  if (flags.listTypes === true || flags.listFormats === true) {
    stdout.write(flags.listTypes === true ? typeList() : formatList());
    return ExitCode.done;
  }
  if (flags.listPatterns === true || typeof flags.explain === 'string') {
    stdout.write(typeof flags.explain === 'string' ? patternExplained(flags.explain) : patternList());
    return ExitCode.done;
  }
  for (const line of unknownVariables({ prefix, tables: [sensorOptions], env, others: othersVariables })) {
    stderr.write(`${program}: ${line}\n`);
  }
  const file = namedConfigFile(prefix, flags, env);
  const input = {
    table: sensorOptions,
    prefix,
    flags,
    flagProblems: problems,
    env,
    ...(file === undefined ? {} : { file }),
  };
  const given = resolveConfig(input);
  const legacy = given.values.legacyEnvironment === true ? readLegacyEnvironment(env, given) : undefined;
  const loaded = loadConfig({
    ...input,
    otherNames: legacy?.settings ?? {},
    check: (settings, sources) => [
      ...(legacy?.problems ?? []),
      ...settingProblems(fillHost(settings, hostName), sources),
    ],
  });
  if (legacy !== undefined) {
    stderr.write(`${program}: ${legacy.note}\n`);
  }
  const values = fillHost(loaded.values, hostName);
  if (values.printConfig) {
    stdout.write(renderConfig(sensorOptions, values, loaded.sources));
    return ExitCode.done;
  }
  return runFleet(context, values);
}

async function runFleet(context: CommandContext, options: SensorOptions): Promise<ExitCode> {
  const { stdout, stderr } = context;
  const live = stderr.isTTY === true && !options.quiet;
  const clearLine = live ? '\r\x1b[K' : '';
  const recorder = options.record === undefined ? undefined : openRunFolder(options.record, options.force);
  const sensor = new Sensor(options, {
    log: (line) => stderr.write(`${clearLine}${program}: ${line}\n`),
    stdout,
    recorder,
  });
  let signalCode: ExitCode | undefined;
  const ignoreSignals = context.onSignal((signal) => {
    signalCode = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
    sensor.stop();
  });
  // The sensor sees to its own output; the summary may find nobody who reads it.
  stdout.on('error', () => {});
  const target =
    destinationOf(options)?.url ?? (options.out === '-' ? 'standard output' : (options.out ?? ''));
  const view = live
    ? setInterval(() => {
        const line = liveLine(sensor.snapshot(), target);
        stderr.write(`${clearLine}${line.slice(0, (stderr.columns ?? 120) - 1)}`);
      }, 1_000)
    : undefined;
  let fault: unknown;
  try {
    await sensor.run();
  } catch (error) {
    fault = error;
  } finally {
    clearInterval(view);
    ignoreSignals();
    stderr.write(clearLine);
  }
  const summary = sensor.summary();
  if (fault === undefined || sensor.startAt > 0) {
    const damage = finishRecord(recorder, sensor, summary);
    fault ??= damage;
    if (!options.quiet) {
      stderr.write(summaryTable(summary, sensor.snapshot().reasons));
    }
    if (options.json) {
      stdout.write(`${JSON.stringify(summary)}\n`);
    }
  }
  if (fault !== undefined) {
    throw fault;
  }
  return signalCode ?? ExitCode.done;
}

/** Ends the run folder; returns what went wrong with it, because the summary is to be shown all the same. */
function finishRecord(
  recorder: RunFolderWriter | undefined,
  sensor: Sensor,
  summary: SensorSummary,
): unknown {
  try {
    recorder?.finish(
      manifestOf(sensor.options, sensor.startAt, summary, version()),
      summary,
      sensor.intervals(),
    );
    return undefined;
  } catch (error) {
    return error;
  }
}

function typeList(): string {
  return sensorTypes
    .map((type) => {
      const names = [type.name, ...type.aliases].join(', ');
      const parameters = describeParameters(type).map(
        ({ name, initial, description }) =>
          `    --set ${`${type.name}.${name}=${initial}`.padEnd(40)} ${description}`,
      );
      return `${names} (${type.unit}): ${type.title}\n  ${type.description}\n${parameters.join('\n')}\n`;
    })
    .join('\n');
}

function formatList(): string {
  return codecs
    .map(({ name, contentType, title }) => `${name.padEnd(12)} ${contentType.padEnd(28)} ${title}\n`)
    .join('');
}

/** The version of this package. */
export function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
