import { SuiteError } from '../error/index.js';
import { type FilePlace, type FileSetting, readConfigFile } from './config-file.js';
import { type ConfigProblem, problemText } from './config-problem.js';
import { type Environment, readVariable } from './environment.js';
import { fileKeyOf, longFlagOf, type Option, type OptionTable, type OptionValues } from './option.js';

/** Where a setting came from. */
export type ConfigSource = 'default' | 'file' | 'environment' | 'flag';

/** A raw value, and where the user knows it from. */
export interface NamedSetting {
  readonly raw: string;
  readonly place: string;
}

export interface LoadConfigInput<T extends OptionTable> {
  readonly table: T;
  /** Prefix of the environment variables, as `SENSORSIM`. */
  readonly prefix: string;
  /** Raw values of the flags given, by option name. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What else was wrong on the command line; reported together with the rest. */
  readonly flagProblems?: readonly string[];
  readonly env: Environment;
  /**
   * Settings that go by other names than those of the table, by option name: they hold where neither flag, variable nor
   * file says anything else. `place` is the name that the user knows.
   */
  readonly otherNames?: Readonly<Record<string, NamedSetting>>;
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

/** Settings, right or wrong. */
export interface ResolvedConfig<T extends OptionTable> {
  /** A setting that is wrong is undefined here. */
  readonly values: Partial<OptionValues<T>>;
  readonly sources: Readonly<Record<keyof T, ConfigSource>>;
  /** Every problem of every source; none: `values` is complete. */
  readonly problems: readonly ConfigProblem[];
}

interface RawSetting {
  readonly raw: unknown;
  readonly source: ConfigSource;
  readonly at: Omit<ConfigProblem, 'message'>;
  /** Where each item of a list stands, where it comes from a file. */
  readonly items?: readonly FilePlace[];
}

/**
 * Resolves a program's settings: defaults < other names < file < environment < flags.
 * @throws {SuiteError} CONFIG_INVALID with every problem of every source; CONFIG_UNREADABLE
 */
export function loadConfig<T extends OptionTable>(input: LoadConfigInput<T>): LoadedConfig<T> {
  const { values, sources, problems } = resolveConfig(input);
  if (problems.length > 0) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    throw new SuiteError('CONFIG_INVALID', `${count} in the settings`, {
      problems: problems.map(problemText),
      hint: 'See --help for what each flag takes.',
    });
  }
  return { values: values as OptionValues<T>, sources };
}

/**
 * The same, with what is wrong as data.
 * @throws {SuiteError} CONFIG_UNREADABLE
 */
export function resolveConfig<T extends OptionTable>(input: LoadConfigInput<T>): ResolvedConfig<T> {
  const problems: ConfigProblem[] = (input.flagProblems ?? []).map((message) => ({ message }));
  const file = input.file === undefined ? undefined : readConfigFile(input.table, input.file);
  problems.push(...(file?.problems ?? []));
  const values: Record<string, unknown> = {};
  const settings = new Map<string, RawSetting>();
  const sources: Record<string, ConfigSource> = {};
  for (const [name, option] of Object.entries(input.table)) {
    const setting =
      flagSetting(input, name, option) ??
      variableSetting(input, option, problems) ??
      fileSetting(file?.settings.get(name)) ??
      otherSetting(input.otherNames?.[name]);
    sources[name] = setting?.source ?? 'default';
    if (setting !== undefined) {
      settings.set(name, setting);
    }
    const result = option.schema.safeParse(setting?.raw);
    if (result.success) {
      values[name] = result.data;
    } else {
      problems.push(
        ...result.error.issues
          .flatMap((issue) => flatten(issue))
          .map(({ message, path }) => ({ ...placeOf(option, setting, path), message })),
      );
    }
  }
  const known = sources as Record<keyof T, ConfigSource>;
  const contradictions = input.check?.(values as Partial<OptionValues<T>>, known) ?? [];
  problems.push(...contradictions.map((message) => contradiction(message, input.table, settings)));
  return { values: values as Partial<OptionValues<T>>, sources: known, problems };
}

function fileSetting(setting: FileSetting | undefined): RawSetting | undefined {
  return setting === undefined || setting.raw === undefined ? undefined : { ...setting, source: 'file' };
}

function otherSetting(setting: NamedSetting | undefined): RawSetting | undefined {
  return setting && { raw: setting.raw, source: 'environment', at: { place: setting.place } };
}

/** An item of a list in a file stands on a line of its own. */
function placeOf(
  option: Option,
  setting: RawSetting | undefined,
  path: readonly PropertyKey[],
): Omit<ConfigProblem, 'message'> {
  const list = setting?.raw;
  const isPlain = Array.isArray(list) && !list.some((item) => typeof item === 'string' && item.includes(','));
  const item = isPlain ? setting?.items?.[path[0] as number] : undefined;
  return item ?? setting?.at ?? { place: longFlagOf(option) };
}

/** A contradiction names flags; those that come from elsewhere are named as they stand there too. */
function contradiction(
  message: string,
  table: OptionTable,
  settings: ReadonlyMap<string, RawSetting>,
): ConfigProblem {
  const named = [...message.matchAll(/--(?:no-)?([a-z][a-z0-9-]*)/g)].map(([, key]) => key as string);
  const elsewhere = Object.entries(table).flatMap(([name, option]) => {
    const setting = settings.get(name);
    return setting !== undefined && setting.source !== 'flag' && named.includes(fileKeyOf(option))
      ? [setting.at]
      : [];
  });
  if (elsewhere.length === 0) {
    return { message };
  }
  const { place: _, ...inFile } = elsewhere.find(({ file }) => file !== undefined) ?? {};
  return { ...inFile, message: `${message} (${elsewhere.map(({ place }) => place).join(', ')})` };
}

interface Issue {
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly code?: string | undefined;
  readonly errors?: readonly (readonly Issue[])[];
}

/** What an issue comes down to; of a union (default or value) those of the branch that has something to say. */
function flatten(issue: Issue): Issue[] {
  if (issue.code === 'invalid_union' && issue.errors !== undefined) {
    const last = issue.errors.at(-1) ?? [];
    return last.flatMap(flatten);
  }
  return [issue];
}

function flagSetting<T extends OptionTable>(
  input: LoadConfigInput<T>,
  name: string,
  option: Option,
): RawSetting | undefined {
  const raw = input.flags[name];
  if (raw !== undefined) {
    return { raw, source: 'flag', at: { place: longFlagOf(option) } };
  }
  return undefined;
}

function variableSetting<T extends OptionTable>(
  input: LoadConfigInput<T>,
  option: Option,
  problems: ConfigProblem[],
): RawSetting | undefined {
  const reading = readVariable(input.prefix, option, input.env);
  if (reading === undefined) {
    return undefined;
  }
  const { place } = reading;
  if ('problem' in reading) {
    problems.push({ place, message: reading.problem });
    // It was given all the same: nothing else takes its place.
    return { raw: undefined, source: 'environment', at: { place } };
  }
  return { raw: reading.raw, source: 'environment', at: { place } };
}
