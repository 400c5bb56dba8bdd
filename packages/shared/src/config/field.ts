import { z } from 'zod';
import { messageOf, SuiteError } from '../error/index.js';
import { formatDuration, parseDurationMs } from '../time/index.js';
import { didYouMean } from './suggest.js';

/** Bounds of a number, both included; absent means none. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

function inRange(value: number, range: Range, show: (value: number) => string): string | undefined {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
  if (value >= min && value <= max) {
    return undefined;
  }
  if (range.max === undefined) {
    return `must be at least ${show(min)}`;
  }
  return range.min === undefined ? `must be at most ${show(max)}` : `must be ${show(min)} to ${show(max)}`;
}

/** Turns raw text, or a value of a file, into a setting; `parse` throws or returns a problem in words. */
function field<T>(parse: (raw: unknown) => T | { problem: string }): z.ZodType<T> {
  return z.unknown().transform((raw, context): T => {
    let problem: string;
    try {
      const value = parse(raw);
      if (!(typeof value === 'object' && value !== null && 'problem' in value)) {
        return value as T;
      }
      problem = value.problem;
    } catch (error) {
      problem = error instanceof SuiteError ? `${error.message}. ${error.hint}` : messageOf(error);
    }
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  }) as z.ZodType<T>;
}

function shown(raw: unknown): string {
  return typeof raw === 'string' ? `"${raw}"` : JSON.stringify(raw);
}

function numberFrom(raw: unknown): number {
  return typeof raw === 'number'
    ? raw
    : typeof raw === 'string' && raw.trim() !== ''
      ? Number(raw)
      : Number.NaN;
}

/** A decimal number. */
export function numberField(range: Range = {}): z.ZodType<number> {
  return field((raw) => {
    const value = numberFrom(raw);
    if (!Number.isFinite(value)) {
      return { problem: `${shown(raw)} is not a number` };
    }
    const problem = inRange(value, range, String);
    return problem === undefined ? value : { problem: `${shown(raw)} ${problem}` };
  });
}

/** A whole number. */
export function integerField(range: Range = {}): z.ZodType<number> {
  return field((raw) => {
    const value = numberFrom(raw);
    if (!Number.isSafeInteger(value)) {
      return { problem: `${shown(raw)} is not a whole number` };
    }
    const problem = inRange(value, range, String);
    return problem === undefined ? value : { problem: `${shown(raw)} ${problem}` };
  });
}

/** A duration, in milliseconds: `200ms`, `5s`, `10m`; a bare number is ms. */
export function durationField(range: Range = {}): z.ZodType<number> {
  return field((raw) => {
    const value = parseDurationMs(raw as string | number);
    const problem = inRange(value, range, formatDuration);
    return problem === undefined ? value : { problem: `${shown(raw)} ${problem}` };
  });
}

const byteUnits: Record<string, number> = {
  '': 1,
  B: 1,
  K: 1024,
  KiB: 1024,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
};

/** A size in bytes: `65536`, `64K`, `1MiB`, `2G` (powers of 1,024). */
export function bytesField(range: Range = {}): z.ZodType<number> {
  return field((raw) => {
    const match = /^(\d+(?:\.\d+)?)\s*([KMG]i?B?|B?)$/.exec(String(raw).trim());
    const unit = match === null ? undefined : byteUnits[(match[2] as string).replace(/^([KMG])B$/, '$1')];
    if (match === null || unit === undefined) {
      return { problem: `${shown(raw)} is not a size; write bytes, or a number with K, M or G, as in 64K` };
    }
    const value = Math.round(Number(match[1]) * unit);
    const problem = inRange(value, range, (bytes) => `${bytes} bytes`);
    return problem === undefined ? value : { problem: `${shown(raw)} ${problem}` };
  });
}

/** Text; `check` returns a problem in words, or undefined. */
export function textField(check?: (text: string) => string | undefined): z.ZodType<string> {
  return field((raw) => {
    if (typeof raw !== 'string' && typeof raw !== 'number') {
      return { problem: `${shown(raw)} is not text` };
    }
    const text = String(raw);
    const problem = check?.(text);
    return problem === undefined ? text : { problem: `${shown(text)} ${problem}` };
  });
}

/** A switch. In the environment and files: true, false, 1, 0, yes, no, on, off. */
export function switchField(): z.ZodType<boolean> {
  return field((raw) => {
    if (raw === true || raw === false) {
      return raw;
    }
    const text = String(raw).toLowerCase();
    if (['true', '1', 'yes', 'on'].includes(text)) {
      return true;
    }
    return ['false', '0', 'no', 'off'].includes(text)
      ? false
      : { problem: `${shown(raw)} is neither true nor false` };
  });
}

/** One of a list of words; a near miss is answered with the likely one. */
export function choiceField<const T extends string>(choices: readonly T[]): z.ZodType<T> {
  return field((raw) => {
    const text = String(raw) as T;
    return choices.includes(text)
      ? text
      : { problem: `${shown(raw)} must be one of ${choices.join(', ')}${didYouMean(text, choices)}` };
  });
}

/** Several values of one field: a list in a file, repeated flags, or text with commas. */
export function listField<T>(item: z.ZodType<T>): z.ZodType<T[]> {
  return z.preprocess((raw) => {
    const list = Array.isArray(raw) ? raw : [raw];
    return list.flatMap((entry) =>
      typeof entry === 'string' ? entry.split(',').map((part) => part.trim()) : [entry],
    );
  }, z.array(item)) as unknown as z.ZodType<T[]>;
}

/** The same field with a default. */
export function withDefault<T>(schema: z.ZodType<T>, value: T): z.ZodType<T> {
  // `prefault` would run the default through the parser; the default is already a value.
  return z.union([z.undefined().transform(() => value), schema]) as unknown as z.ZodType<T>;
}

/** The same field, which may be absent. */
export function optional<T>(schema: z.ZodType<T>): z.ZodType<T | undefined> {
  return z.union([z.undefined(), schema]) as z.ZodType<T | undefined>;
}
