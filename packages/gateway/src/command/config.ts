import { writeFileSync } from 'node:fs';
import {
  type ConfigProblem,
  defineOptions,
  didYouMean,
  ExitCode,
  exitCodeOf,
  loadConfig,
  messageOf,
  problemText,
  renderConfigTemplate,
  resolveConfig,
  SuiteError,
  switchField,
  withDefault,
} from 'sensorsim-shared';
import { namedFileProblems } from '../named-files.js';
import { checkGatewayOptions, gatewayOptions } from '../options.js';
import type { CommandContext } from './command.js';
import { readArgv } from './read-argv.js';
import { program, type Subcommand, variablePrefix } from './subcommand.js';
import { warnOfVariables } from './warn-of-variables.js';

const table = defineOptions({
  json: {
    flags: '--json',
    schema: withDefault(switchField(), false),
    description: 'check: print what was found as one JSON object on standard output',
    group: 'Settings files',
    flagOnly: true,
  },
  force: {
    flags: '--force',
    schema: withDefault(switchField(), false),
    description: 'init: write over a file that is there',
    group: 'Settings files',
    flagOnly: true,
  },
});

const usage = '<check FILE…|init [FILE]>';

const help = `
Examples:
  Find every mistake of a settings file before it is used:
    $ ${program} config check gateway.yaml
  Write a file with every setting, its description and its default:
    $ ${program} config init gateway.yaml

check takes variables (${variablePrefix}_…) into account, as the start does, and reads the files that settings name. It
opens no port and writes nothing. What a start would use, with where each setting came from: ${program} --print-config.
Exit codes: 0 no problems, 2 problems, 3 the file cannot be written.
`;

/** Settings files: `config check FILE…` finds mistakes, `config init [FILE]` writes one to start from. */
export const config: Subcommand = {
  usage,
  summary: 'find mistakes in settings files, or write one to start from',
  table,
  run: async (argv, context) => {
    const { flags, problems, operands } = readArgv(argv, context, {
      name: `${program} config`,
      usage,
      description: 'Finds mistakes in settings files (check), or writes one to start from (init).',
      help,
      table,
    });
    const { values } = loadConfig({ table, prefix: variablePrefix, flags, flagProblems: problems, env: {} });
    const [action, ...files] = operands;
    switch (action) {
      case 'check':
        return check(files, values.json, context);
      case 'init':
        return init(files, values.force, context);
      default:
        throw new SuiteError(
          'CONFIG_INVALID',
          action === undefined
            ? 'config: say what to do'
            : `config: "${action}" is not known${didYouMean(action, ['check', 'init'])}`,
          { hint: `Use config check FILE… or config init [FILE]; see ${program} config --help.` },
        );
    }
  },
};

function check(files: readonly string[], json: boolean, context: CommandContext): ExitCode {
  const { stdout, stderr, env } = context;
  if (files.length === 0) {
    throw new SuiteError('CONFIG_INVALID', 'config check: no file named', {
      hint: `As in ${program} config check gateway.yaml.`,
    });
  }
  warnOfVariables(context);
  const found = files.map((file) => ({ file, problems: problemsOf(file, env) }));
  const valid = found.every(({ problems }) => problems.length === 0);
  if (json) {
    const report = found.map(({ file, problems }) => ({
      file,
      valid: problems.length === 0,
      problems: problems.map(({ place, file: _, line, column, key, message }) => ({
        ...(line === undefined ? {} : { line, column }),
        ...(key === undefined || key === '' ? {} : { key }),
        ...(line === undefined && place !== undefined ? { place } : {}),
        message,
      })),
    }));
    stdout.write(`${JSON.stringify({ valid, files: report })}\n`);
  }
  for (const { file, problems } of found) {
    const count = problems.length === 0 ? 'no' : String(problems.length);
    stderr.write(problems.map((problem) => `${problemText(problem)}\n`).join(''));
    stderr.write(`${file}: ${count} ${problems.length === 1 ? 'problem' : 'problems'}\n`);
  }
  return valid ? ExitCode.done : ExitCode.badUsage;
}

/** What a start with this file, in this environment, would complain about. */
function problemsOf(file: string, env: CommandContext['env']): readonly ConfigProblem[] {
  try {
    const { problems } = resolveConfig({
      table: gatewayOptions,
      prefix: variablePrefix,
      flags: {},
      env,
      file,
      check: (values, sources) => [...checkGatewayOptions(values, sources), ...namedFileProblems(values)],
    });
    return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  } catch (error) {
    if (error instanceof SuiteError && exitCodeOf(error) === ExitCode.badUsage) {
      return [{ file, message: error.message }];
    }
    throw error;
  }
}

function init(files: readonly string[], force: boolean, { stdout, stderr }: CommandContext): ExitCode {
  const [file, ...others] = files;
  if (others.length > 0) {
    throw new SuiteError('CONFIG_INVALID', `config init: one file at most, not ${files.length}`);
  }
  const text = renderConfigTemplate({ program, prefix: variablePrefix, table: gatewayOptions });
  if (file === undefined) {
    stdout.write(text);
    return ExitCode.done;
  }
  try {
    // Passwords may come to stand in it: for its owner only.
    writeFileSync(file, text, { flag: force ? 'w' : 'wx', mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new SuiteError('CONFIG_INVALID', `config init: ${file} is there already`, {
        hint: 'Name another file, or write over it with --force.',
      });
    }
    throw new SuiteError('FILE_UNWRITABLE', `config init: cannot write ${file}: ${messageOf(cause)}`, {
      cause,
      hint: 'Check the folder and its permissions.',
    });
  }
  stderr.write(
    `wrote ${file}: every setting with its default; take the # off to set one, then ${program} config check ${file}\n`,
  );
  return ExitCode.done;
}
