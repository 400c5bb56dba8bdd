import { once } from 'node:events';
import type { Writable } from 'node:stream';
import {
  type ConfigSource,
  defineOptions,
  didYouMean,
  ExitCode,
  integerField,
  loadConfig,
  longFlagOf,
  machineNow,
  namedConfigFile,
  type OptionValues,
  optional,
  withDefault,
} from 'sensorsim-shared';
import { sinkOptions } from '../forward/options.js';
import { SpoolFolder } from '../hold/log/index.js';
import { checkGatewayOptions, gatewayOptions } from '../options.js';
import type { CommandContext } from './command.js';
import { readArgv } from './read-argv.js';
import { drain } from './spool/drain.js';
import { entryLine, spoolText } from './spool/spool-text.js';
import { program, type Subcommand, variablePrefix } from './subcommand.js';
import { warnOfVariables } from './warn-of-variables.js';

const catOptions = defineOptions({
  from: {
    flags: '--from <position>',
    schema: withDefault(integerField({ min: 0 }), 0),
    description: 'cat: begin with this position',
    group: 'Spool',
    flagOnly: true,
  },
  limit: {
    flags: '--limit <n>',
    schema: optional(integerField({ min: 1 })),
    description: 'cat: end after so many records',
    group: 'Spool',
    flagOnly: true,
  },
});

const { topic, deadLetterTopic } = gatewayOptions;
const { gatewayId, config, logLevel, logFormat, json, stopTimeout } = gatewayOptions;
const drainOptions = {
  ...sinkOptions,
  topic,
  deadLetterTopic,
  gatewayId,
  stopTimeout,
  config,
  logLevel,
  logFormat,
};

const table = {
  ...catOptions,
  json: { ...json, description: 'ls, drain: print one JSON object on standard output', group: 'Spool' },
  ...drainOptions,
};

/** The settings of a gateway, so that its file and its variables serve here too, and those of the command. */
const fullTable = { ...gatewayOptions, ...catOptions };
type SpoolOptions = OptionValues<typeof fullTable>;
type Sources = Readonly<Record<keyof SpoolOptions, ConfigSource>>;

const usage = '<ls|cat|drain> DIR';

const help = `
ls shows what is in a spool, cat prints its records, a JSON line each. Both only read, also while a gateway uses the spool.
drain delivers what is in it, as a gateway would, and ends when it is empty. It wants the spool for itself.

Examples:
  $ ${program} spool ls ./sensorsim-spool
  $ ${program} spool cat ./sensorsim-spool --limit 10
  $ ${program} spool drain ./sensorsim-spool --kafka kafka-1:9092

Exit codes: 0 done, 2 bad usage or no spool, 3 something unreachable or in use, 130 and 143 ended by a signal.
`;

const actions = {
  ls: { run: list, takes: { json: table.json } },
  cat: { run: print, takes: catOptions },
  drain: { run: drain, takes: { json: table.json, ...drainOptions } },
} as const;

/** What is in a spool folder, and how it gets out without a gateway. */
export const spool: Subcommand = {
  usage,
  summary: 'show, print or deliver what is in a spool folder',
  table,
  run: async (argv, context) => {
    const { flags, problems, operands } = readArgv(argv, context, {
      name: `${program} spool`,
      usage,
      description: 'Shows (ls), prints (cat) or delivers (drain) what is in a spool folder.',
      help,
      table,
    });
    const [name, directory, ...more] = operands;
    const action =
      name !== undefined && Object.hasOwn(actions, name) ? actions[name as keyof typeof actions] : undefined;
    const file = action === actions.drain ? namedConfigFile(variablePrefix, flags, context.env) : undefined;
    if (action === actions.drain) {
      warnOfVariables(context);
    }
    const { values } = loadConfig({
      table: fullTable,
      prefix: variablePrefix,
      flags,
      flagProblems: [...operandProblems(name, directory, more), ...problems],
      env: action === actions.drain ? context.env : {},
      ...(file === undefined ? {} : { file }),
      check: (some, sources) => [
        ...(action === undefined ? [] : strayFlags(name as string, action.takes, sources)),
        ...(action === actions.drain ? checkGatewayOptions(some, sources) : []),
      ],
    });
    return (action as (typeof actions)['ls']).run(directory as string, values, context);
  },
};

function operandProblems(
  name: string | undefined,
  directory: string | undefined,
  more: readonly string[],
): string[] {
  const names = Object.keys(actions);
  if (name === undefined) {
    return [`what to do is missing: one of ${names.join(', ')}, as in spool ls ./sensorsim-spool`];
  }
  if (!names.includes(name)) {
    return [`"${name}" must be one of ${names.join(', ')}${didYouMean(name, names)}`];
  }
  if (directory === undefined || directory === '') {
    return [`the folder is missing, as in spool ${name} ./sensorsim-spool`];
  }
  return more.map((argument) => `"${argument}": unexpected argument`);
}

/** Flags that belong to another action. */
function strayFlags(name: string, takes: object, sources: Sources): string[] {
  return Object.entries(table)
    .filter(([key]) => sources[key as keyof SpoolOptions] === 'flag' && !Object.hasOwn(takes, key))
    .map(([, option]) => `${longFlagOf(option)}: spool ${name} does not take it`);
}

async function list(directory: string, { json }: SpoolOptions, context: CommandContext): Promise<ExitCode> {
  const folder = await SpoolFolder.open(directory);
  const summary = await folder.summary();
  context.stdout.write(json ? `${JSON.stringify(summary)}\n` : spoolText(summary, machineNow()));
  return ExitCode.done;
}

async function print(
  directory: string,
  { from, limit = Number.POSITIVE_INFINITY }: SpoolOptions,
  { stdout, stderr }: CommandContext,
): Promise<ExitCode> {
  const folder = await SpoolFolder.open(directory);
  const entries = folder.entries(from, ({ path, fromByte, bytes, records }) =>
    stderr.write(`damaged: ${path} at byte ${fromByte}, ${bytes} bytes: ${records} records are lost\n`),
  );
  let left = limit;
  for await (const entry of entries) {
    if (!(await writeLine(stdout, entryLine(entry))) || --left === 0) {
      break;
    }
  }
  return ExitCode.done;
}

/** @returns false where nobody reads any more */
async function writeLine(stdout: Writable, line: string): Promise<boolean> {
  if (!stdout.writable) {
    return false;
  }
  if (!stdout.write(line)) {
    const gone = new AbortController();
    await Promise.race([
      once(stdout, 'drain', { signal: gone.signal }),
      once(stdout, 'close', { signal: gone.signal }),
    ]).catch(() => {});
    gone.abort();
  }
  return stdout.writable;
}
