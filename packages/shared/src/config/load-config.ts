import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { messageOf, SuiteError } from '../error/index.js';
import {
  fileKeyOf,
  longFlagOf,
  type Option,
  type OptionTable,
  type OptionValues,
  variableOf,
} from './option.js';
import { didYouMean } from './suggest.js';

/** Where a setting came from. */
export type ConfigSource = 'default' | 'file' | 'environment' | 'flag';

export interface LoadConfigInput<T extends OptionTable> {
  readonly table: T;
  /** Prefix of the environment variables, as `SENSORSIM`. */
  readonly prefix: string;
  /** Raw values of the flags given, by option name. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What else was wrong on the command line; reported together with the rest. */
  readonly flagProblems?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** YAML (or JSON) file of settings by long flag name; absent: none. */
  readonly file?: string;
  /** Finds contradictions; a setting that is itself wrong is undefined here. */
  readonly check?: (
    values: Partial<OptionValues<T>>,
    sources: Readonly<Record<keyof T, ConfigSource>>,
  ) => string[];
}

export interface LoadedConfig<T extends OptionTable> {
  readonly values: OptionValues<T>;
  readonly sources: Readonly<Record<keyof T, ConfigSource>>;
}

interface RawSetting {
  readonly raw: unknown;
  readonly source: ConfigSource;
  /** How the user knows the place: `--count`, `SENSORSIM_COUNT`, `lab.yaml:3:8 count`. */
  readonly place: string;
}

/**
 * Resolves a program's settings: defaults < file < environment < flags.
 * @throws {SuiteError} CONFIG_INVALID with every problem of every source; CONFIG_UNREADABLE
 */
export function loadConfig<T extends OptionTable>(input: LoadConfigInput<T>): LoadedConfig<T> {
  const problems = [...(input.flagProblems ?? [])];
  const fromFile =
    input.file === undefined ? new Map<string, RawSetting>() : readFile(input.table, input.file, problems);
  const values: Record<string, unknown> = {};
  const sources: Record<string, ConfigSource> = {};
  for (const [name, option] of Object.entries(input.table)) {
    const setting =
      flagSetting(input, name, option) ?? variableSetting(input, option, problems) ?? fromFile.get(name);
    sources[name] = setting?.source ?? 'default';
    const result = option.schema.safeParse(setting?.raw);
    if (result.success) {
      values[name] = result.data;
    } else {
      const place = setting?.place ?? longFlagOf(option);
      problems.push(
        ...result.error.issues.flatMap((issue) => flatten(issue)).map((message) => `${place}: ${message}`),
      );
    }
  }
  problems.push(
    ...(input.check?.(values as Partial<OptionValues<T>>, sources as Record<keyof T, ConfigSource>) ?? []),
  );
  if (problems.length > 0) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    throw new SuiteError('CONFIG_INVALID', `${count} in the settings`, {
      problems,
      hint: 'See --help for what each flag takes.',
    });
  }
  return { values: values as OptionValues<T>, sources: sources as Record<keyof T, ConfigSource> };
}

interface Issue {
  readonly message: string;
  readonly code?: string | undefined;
  readonly errors?: readonly (readonly Issue[])[];
}

/** The messages of an issue; of a union (default or value) those of the branch that has something to say. */
function flatten(issue: Issue): string[] {
  if (issue.code === 'invalid_union' && issue.errors !== undefined) {
    const last = issue.errors.at(-1) ?? [];
    return last.flatMap(flatten);
  }
  return [issue.message];
}

function flagSetting<T extends OptionTable>(
  input: LoadConfigInput<T>,
  name: string,
  option: Option,
): RawSetting | undefined {
  const raw = input.flags[name];
  if (raw !== undefined) {
    return { raw, source: 'flag', place: longFlagOf(option) };
  }
  return undefined;
}

function variableSetting<T extends OptionTable>(
  input: LoadConfigInput<T>,
  option: Option,
  problems: string[],
): RawSetting | undefined {
  if (option.flagOnly === true) {
    return undefined;
  }
  const variable = variableOf(input.prefix, option);
  const raw = input.env[variable];
  if (raw !== undefined && raw !== '') {
    return { raw, source: 'environment', place: variable };
  }
  const path = option.secret === true ? input.env[`${variable}_FILE`] : undefined;
  if (path === undefined || path === '') {
    return undefined;
  }
  try {
    return { raw: readSecretFile(path), source: 'environment', place: `${variable}_FILE` };
  } catch (error) {
    problems.push(`${variable}_FILE: ${messageOf(error)}`);
    return undefined;
  }
}

/** A secret's file holds the secret and perhaps one newline, which is not part of it. */
export function readSecretFile(path: string): string {
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
}

function readFile(table: OptionTable, path: string, problems: string[]): Map<string, RawSetting> {
  const byKey = new Map(
    Object.entries(table)
      .filter(([, option]) => option.flagOnly !== true)
      .map(([name, option]) => [fileKeyOf(option), name]),
  );
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SuiteError(
      'CONFIG_UNREADABLE',
      `cannot read the configuration file ${path}: ${messageOf(cause)}`,
      { cause },
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const settings = new Map<string, RawSetting>();
  for (const error of document.errors) {
    problems.push(`${placeOf(error.pos[0])}: ${error.message}`);
  }
  if (document.errors.length > 0 || document.contents === null) {
    return settings;
  }
  if (!isMap(document.contents)) {
    problems.push(`${path}: must be a list of "name: value" lines`);
    return settings;
  }
  for (const pair of document.contents.items) {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const place = `${placeOf(isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0)} ${key}`;
    const name = byKey.get(key);
    if (name === undefined) {
      problems.push(`${place}: unknown key${didYouMean(key, [...byKey.keys()])}`);
    } else {
      const value = pair.value as { toJSON?: () => unknown } | null;
      settings.set(name, { raw: value?.toJSON?.() ?? undefined, source: 'file', place });
    }
  }
  return settings;
}
