import { type Command, Option as CommanderOption } from 'commander';
import { messageOf } from '../error/index.js';
import { readSecretFile } from './environment.js';
import { fileKeyOf, type Option, type OptionTable } from './option.js';
import { didYouMean } from './suggest.js';

/** What the command line holds, before it is checked. */
export interface RawFlags {
  /** By option name; only what was given. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Unknown flags and unreadable secret files, in words. */
  readonly problems: readonly string[];
  /** What is no flag, in order: file names and the like, where the command takes them; else empty. */
  readonly operands: readonly string[];
}

/**
 * Gives a commander command the options of a table, with defaults and groups in its help, help on `--help` alone
 * (`-h` is the host, as in mosquitto_pub), and unknown flags left for `readFlags` to report with everything else.
 */
export function addOptions(command: Command, table: OptionTable): Command {
  command.helpOption('--help', 'show this help').allowUnknownOption().allowExcessArguments();
  for (const option of Object.values(table)) {
    const added = new CommanderOption(option.flags, option.description + defaultNote(option)).helpGroup(
      `${option.group}:`,
    );
    if (option.list === true) {
      added.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    }
    command.addOption(added);
    if (option.secret === true) {
      const key = fileKeyOf(option);
      command.addOption(
        new CommanderOption(`--${key}-file <path>`, `read the ${key} from this file`).helpGroup(
          `${option.group}:`,
        ),
      );
    }
  }
  return command;
}

/** ` (default: 1s)`; nothing for switches, secrets, and where absence is the default. */
function defaultNote(option: Option): string {
  const result = option.schema.safeParse(undefined);
  const value = result.success ? result.data : undefined;
  if (option.secret === true || value === undefined || typeof value === 'boolean') {
    return '';
  }
  const text = option.shownDefault ?? (Array.isArray(value) ? value.join(', ') : String(value));
  return text === '' ? '' : ` (default: ${text})`;
}

/**
 * What was typed, by option name. Call after commander has parsed.
 * @param takesOperands whether the command takes what is no flag; default false: each is a problem
 */
export function readFlags(command: Command, table: OptionTable, takesOperands = false): RawFlags {
  const flags: Record<string, unknown> = {};
  const problems: string[] = [];
  const operands: string[] = [];
  const given = (key: string): unknown =>
    command.getOptionValueSource(key) === 'cli' ? command.getOptionValue(key) : undefined;
  for (const [name, option] of Object.entries(table)) {
    const key = camelCase(fileKeyOf(option));
    flags[name] = given(key);
    const secretFile = option.secret === true ? given(`${key}File`) : undefined;
    if (typeof secretFile === 'string' && flags[name] === undefined) {
      try {
        flags[name] = readSecretFile(secretFile);
      } catch (error) {
        problems.push(`--${fileKeyOf(option)}-file: ${messageOf(error)}`);
      }
    }
  }
  const known = command.options.map((option) => option.long as string);
  let afterUnknownFlag = false;
  for (const argument of command.args) {
    if (argument.startsWith('-') && argument !== '-') {
      const flag = argument.replace(/=.*$/s, '');
      problems.push(`${flag}: unknown flag${didYouMean(flag, known)}`);
      afterUnknownFlag = true;
    } else {
      // What follows an unknown flag is most likely its value.
      if (!afterUnknownFlag && takesOperands) {
        operands.push(argument);
      } else if (!afterUnknownFlag) {
        problems.push(`"${argument}": unexpected argument`);
      }
      afterUnknownFlag = false;
    }
  }
  return { flags, problems, operands };
}

function camelCase(key: string): string {
  return key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
