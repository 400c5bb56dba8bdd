import { Command, CommanderError } from 'commander';
import {
  didYouMean,
  ExitCode,
  exitCodeOf,
  renderError,
  SuiteError,
  unknownVariables,
} from 'sensorsim-shared';
import { auditCommand } from './audit/audit-command.js';
import { completionCommand } from './completion-command.js';
import { datasetCommand } from './dataset/dataset-command.js';
import type { KeySource } from './observe/keys.js';
import type { ViewTerminal } from './observe/live-view.js';
import { labOptionTables } from './option-tables.js';
import { replayCommand } from './replay/replay-command.js';
import { runCommand } from './run/run-command.js';
import { checkCommand } from './scenario/check-command.js';
import { explainCommand } from './scenario/explain-command.js';
import { listCommand } from './scenario/list-command.js';
import { tool } from './tool.js';
import { traceCommand } from './trace/trace-command.js';
import { upCommand } from './up-command.js';

/** Everything of the process that the program may touch. */
export interface ProgramIo {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: KeySource;
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: ViewTerminal & { readonly isTTY?: boolean };
  /** Calls back on SIGINT and SIGTERM. @returns ends it */
  readonly onSignal: (listener: (signal: StopSignal) => void) => () => void;
  /** Does what the terminal does on Ctrl-C, where it is in raw mode. */
  readonly interrupt: () => void;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Adds a subcommand; its action ends with an exit code. */
export type AddCommand = (program: Command, io: ProgramIo, done: (code: ExitCode) => void) => void;

/** Subcommands. One more is one file and one line here. */
const commands: readonly AddCommand[] = [
  upCommand,
  runCommand,
  auditCommand,
  traceCommand,
  checkCommand,
  listCommand,
  explainCommand,
  datasetCommand,
  replayCommand,
  completionCommand,
];

/** Runs `sensorsim-lab` and returns its exit code. Never throws. */
export async function runProgram(io: ProgramIo): Promise<ExitCode> {
  try {
    return await parse(io);
  } catch (error) {
    io.stderr.write(renderError(tool.name, error));
    return exitCodeOf(error);
  }
}

async function parse(io: ProgramIo): Promise<ExitCode> {
  let code: ExitCode = ExitCode.done;
  const program = new Command(tool.name)
    .description('An IoT lab in one command: sensors, gateway, topic, live view and audit.')
    .version(tool.version, '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // What is wrong is reported below, in the suite's own form.
      writeErr: () => {},
    })
    .addHelpText('after', `\nRun ${tool.name} COMMAND --help for the flags of a command.`);
  for (const add of commands) {
    add(program, io, (result) => {
      code = result;
    });
  }
  refuseUnknownCommand(program, io.argv);
  const tables = Object.values(labOptionTables);
  for (const line of unknownVariables({ prefix: 'SENSORSIM_LAB', tables, env: io.env })) {
    io.stderr.write(`${tool.name}: ${line}\n`);
  }
  try {
    await program.parseAsync([...io.argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      throw error;
    }
    if (error.exitCode !== 0) {
      throw new SuiteError('CONFIG_INVALID', error.message.replace(/^error: /, ''), {
        hint: 'See --help for what each flag takes.',
      });
    }
  }
  return code;
}

/** @throws {SuiteError} CONFIG_INVALID */
function refuseUnknownCommand(program: Command, [first]: readonly string[]): void {
  const names = program.commands.map((command) => command.name());
  const own = ['-h', '--help', '--version'];
  if (first !== undefined && (names.includes(first) || own.includes(first))) {
    return;
  }
  const usage = `The commands are ${names.join(', ')}; see ${tool.name} --help.`;
  if (first === undefined) {
    throw new SuiteError('CONFIG_INVALID', 'a command is missing', { hint: usage });
  }
  if (first.startsWith('-')) {
    throw new SuiteError('CONFIG_INVALID', `${first} comes after a command, as in ${tool.name} up ${first}`, {
      hint: usage,
    });
  }
  throw new SuiteError('CONFIG_INVALID', `"${first}" is not a command${didYouMean(first, names)}`, {
    hint: usage,
  });
}
