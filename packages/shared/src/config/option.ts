import type { z } from 'zod';

/** One setting: the only place of its type, range, default and description. Help, docs and loader follow from it. */
export interface Option<T = unknown> {
  /** Commander's notation, long name last: `-c, --count <n>`, `--retain`, `--no-create-topics`. */
  readonly flags: string;
  /** Takes the raw text of a flag or variable, or the value of a file; has the default. */
  readonly schema: z.ZodType<T>;
  /** For `--help` and the docs: what it does, the unit, and what absence means where there is no default. */
  readonly description: string;
  /** The default as help shows it, as `1s`; absent: the default's own text. */
  readonly shownDefault?: string;
  /** Heading in `--help`. */
  readonly group: string;
  /** May be given several times, or with commas. */
  readonly list?: boolean;
  /** Never printed; also read from the file that `--NAME-file` or `PREFIX_NAME_FILE` names. */
  readonly secret?: boolean;
  /** What a shell offers as its value: words, or paths. Absent: nothing. */
  readonly complete?: readonly string[] | 'file' | 'folder';
  /** Given on the command line only, as `--list-types`: neither environment nor file know it. */
  readonly flagOnly?: boolean;
  /** With `flagOnly`: the environment knows it all the same, and only files do not, as `--config` itself. */
  readonly variableToo?: boolean;
}

/** A program's settings, by the name that its code uses (camelCase of the long flag). */
export type OptionTable = Readonly<Record<string, Option>>;

/** The resolved settings of a table. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never;
};

/** Keeps each option's own type while checking the table. */
export function defineOptions<const T extends Record<string, Option>>(table: T): T {
  return table;
}

/** `count` of `-c, --count <n>`; `create-topics` of `--no-create-topics`. It is the key in a configuration file. */
export function fileKeyOf(option: Option): string {
  const long = /--(?:no-)?([a-z0-9-]+)/.exec(option.flags);
  if (long === null) {
    throw new TypeError(`option without a long flag: ${option.flags}`);
  }
  return long[1] as string;
}

/** The long flag as a user types it, `--no-…` included. */
export function longFlagOf(option: Option): string {
  return /--[a-z0-9-]+/.exec(option.flags)?.[0] as string;
}

/** `SENSORSIM_CONNECT_RATE` of `connect-rate` under the prefix `SENSORSIM`. */
export function variableOf(prefix: string, option: Option): string {
  return `${prefix}_${fileKeyOf(option).toUpperCase().replaceAll('-', '_')}`;
}
