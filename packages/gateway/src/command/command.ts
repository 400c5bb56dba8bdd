import type { Writable } from 'node:stream';
import { CommanderError } from 'commander';
import {
  didYouMean,
  ExitCode,
  exitCodeOf,
  loadConfig,
  namedConfigFile,
  renderConfig,
  renderError,
  SuiteError,
} from 'sensorsim-shared';
import { Gateway } from '../gateway.js';
import { createLog, type LogStream } from '../observe/log.js';
import type { KeySource } from '../observe/top/keys.js';
import { checkGatewayOptions, gatewayOptions } from '../options.js';
import { summaryText } from '../report/summary-text.js';
import { subcommands } from './index.js';
import { readArgv } from './read-argv.js';
import { program, variablePrefix } from './subcommand.js';
import { warnOfVariables } from './warn-of-variables.js';

export { program, variablePrefix } from './subcommand.js';

const examples = (): string => `
Examples:
  Devices speak MQTT to port 1883 of this machine, readings go to Kafka:
    $ ${program} --kafka kafka-1:9092
  The same for a network, with TLS, for the users of a password file, each with rights of its own:
    $ ${program} passwd passwords.txt temp-0001
    $ ${program} --kafka kafka-1:9092 --listen mqtts://0.0.0.0:8883 --tls-cert cert.pem --tls-key key.pem \\
        --passwords passwords.txt --acl acl.txt
  From an existing broker, one topic a type of sensor:
    $ ${program} --kafka kafka-1:9092 --subscribe mqtt://broker:1883 --filter 'sensors/#' --topic 'readings-{2}'
  Without Kafka: a topic on disk, or lines on standard output:
    $ ${program} --to topic:./data
    $ ${program} --to stdout
  What the 2018 jobs read:
    $ ${program} --listen http://0.0.0.0:1880 --allow-anonymous --topic test --format text

Commands besides:
${commandList()}
Each flag is also a key of the file that --config names, and a variable, as in ${variablePrefix}_KAFKA.
Exit codes: 0 done, 2 bad usage or settings, 3 something unreachable, 4 internal, 130 and 143 ended by a signal.
`;

function commandList(): string {
  return Object.entries(subcommands)
    .map(([name, { usage, summary }]) => `  ${`${name} ${usage}`.padEnd(34)} ${summary}\n`)
    .join('');
}

export type Signal = 'SIGINT' | 'SIGTERM';

/** The world of the command: what a test replaces. */
export interface CommandContext {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: LogStream;
  /** For keys; absent: none are listened for. */
  readonly stdin?: KeySource;
  readonly version: string;
  /** Resolves with the signal that asks the gateway to stop. */
  readonly untilSignal: () => Promise<Signal>;
  /** From now on calls back whenever a signal (SIGHUP) asks to read files again; absent: none does. */
  readonly onHangup?: (reload: () => void) => void;
}

/** Runs the gateway until a signal ends it, and returns the exit code. Never throws. */
export async function runGatewayCommand(context: CommandContext): Promise<ExitCode> {
  try {
    return await run(context);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? ExitCode.done : ExitCode.badUsage;
    }
    context.stderr.write(renderError(program, error));
    return exitCodeOf(error);
  }
}

async function run(context: CommandContext): Promise<ExitCode> {
  const [first, ...rest] = context.argv;
  if (first !== undefined && !first.startsWith('-')) {
    const subcommand = Object.hasOwn(subcommands, first) ? subcommands[first] : undefined;
    if (subcommand === undefined) {
      const names = Object.keys(subcommands);
      throw new SuiteError('CONFIG_INVALID', `"${first}" is not a command${didYouMean(first, names)}`, {
        hint: `The commands are ${names.join(', ')}; without one it is a gateway, see ${program} --help.`,
      });
    }
    return subcommand.run(rest, context);
  }
  const { flags, problems } = readArgv(context.argv, context, {
    name: program,
    description: 'Carries every acknowledged MQTT reading to a Kafka topic.',
    help: examples(),
    table: gatewayOptions,
    version: context.version,
  });
  const file = namedConfigFile(variablePrefix, flags, context.env);
  warnOfVariables(context);
  const { values, sources } = loadConfig({
    table: gatewayOptions,
    prefix: variablePrefix,
    flags,
    flagProblems: problems,
    env: context.env,
    ...(file === undefined ? {} : { file }),
    check: checkGatewayOptions,
  });
  if (values.printConfig) {
    context.stdout.write(renderConfig(gatewayOptions, values, sources));
    return ExitCode.done;
  }
  const log = createLog({ stream: context.stderr, level: values.logLevel, format: values.logFormat });
  const gateway = new Gateway(values, { log, stdout: context.stdout });
  const signalled = context.untilSignal();
  if (gateway.guard.hasFiles) {
    context.onHangup?.(() => {
      log.info('SIGHUP: reading users, rights and certificates again');
      gateway.guard.reload();
    });
  }
  const started = gateway.start();
  const signal = await Promise.race([signalled, started.then(() => signalled)]);
  log.info(`${signal}: stopping`);
  const summary = await gateway.stop();
  // A start that the stop cut short ends with an error that says nothing new.
  await started.catch(() => {});
  if (values.json) {
    context.stdout.write(`${JSON.stringify(summary)}\n`);
  }
  if (values.logLevel !== 'silent') {
    context.stderr.write(summaryText(summary, { spool: values.spool }));
  }
  return signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
}
