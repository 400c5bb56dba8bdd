import { didYouMean, SuiteError } from 'sensorsim-shared';
import type { RecordedSamples } from './recorded-series.js';
import { timestampOf } from './timestamp.js';

export interface SampleColumns {
  /** For messages. */
  readonly path: string;
  /** Name in the first line, or number from 1. Default 1. */
  readonly timeColumn?: string | number;
  /** Name in the first line, or number from 1. Default 2. */
  readonly valueColumn?: string | number;
}

/** Problems listed at once; the rest is counted. */
const listedProblems = 20;

/** A row as csv-parse gives it with `info`. */
export interface CsvRow {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

interface Columns {
  readonly time: number;
  readonly value: number;
}

/** Takes rows one by one, keeps samples and notes what is wrong. */
export class SampleReader {
  readonly #options: SampleColumns;
  readonly #problems: string[] = [];
  #problemCount = 0;
  #header: string[] | undefined;
  #columns: Columns | undefined;
  #times: number[] = [];
  #values: number[] = [];
  #decimals = 0;
  rowCount = 0;

  constructor(options: SampleColumns) {
    this.#options = options;
  }

  problem(line: number | undefined, text: string): void {
    this.#problemCount += 1;
    if (this.#problems.length < listedProblems) {
      this.#problems.push(`${this.#options.path}${line === undefined ? '' : `:${line}`}: ${text}`);
    }
  }

  take({ record, info }: CsvRow): void {
    this.rowCount += 1;
    if (this.rowCount === 1 && this.#isHeader(record)) {
      this.#header = record;
      return;
    }
    this.#columns ??= this.#find(record.length);
    const { time, value } = this.#columns;
    // A column that is not there at all is one problem of the file, not one of each row.
    if (!Number.isNaN(time)) {
      this.#takeTime(record[time], info.lines);
    }
    if (!Number.isNaN(value)) {
      this.#takeValue(record[value], info.lines);
    }
  }

  /** @throws {SuiteError} CONFIG_UNREADABLE with every problem noted, twenty of them in words */
  samples(): RecordedSamples {
    if (this.#problemCount === 0 && this.#values.length < 2) {
      this.problem(undefined, 'a recording needs two rows at least');
    }
    if (this.#problemCount > 0) {
      const more = this.#problemCount - this.#problems.length;
      throw new SuiteError('CONFIG_UNREADABLE', `the recording ${this.#options.path} cannot be used`, {
        problems: more > 0 ? [...this.#problems, `and ${more} more`] : this.#problems,
        hint: 'Mend the rows named, or name other columns: by name, or by number from 1.',
      });
    }
    return {
      times: Float64Array.from(this.#times),
      values: Float64Array.from(this.#values),
      decimals: this.#decimals,
    };
  }

  /** Names need a header; with numbers alone it is told by a value that is not one. */
  #isHeader(record: string[]): boolean {
    const { timeColumn = 1, valueColumn = 2 } = this.#options;
    if (typeof timeColumn === 'string' || typeof valueColumn === 'string') {
      return true;
    }
    return (
      Number.isNaN(timestampOf(record[timeColumn - 1] ?? '')) && !isNumber(record[valueColumn - 1] ?? '')
    );
  }

  #find(width: number): Columns {
    // R writes row names under no heading: such files have one name fewer than fields.
    const shift = this.#header !== undefined && width === this.#header.length + 1 ? 1 : 0;
    const find = (column: string | number, what: string): number => {
      const index = typeof column === 'number' ? column - 1 : (this.#header?.indexOf(column) ?? -1) + shift;
      if (typeof column === 'string' && !this.#header?.includes(column)) {
        const known = this.#header ?? [];
        this.problem(
          1,
          `no ${what} column "${column}"${didYouMean(column, known)}; there are ${known.join(', ')}`,
        );
        return Number.NaN;
      }
      if (!Number.isInteger(index) || index < 0 || index >= width) {
        this.problem(1, `no ${what} column ${column}; there are 1 to ${width}`);
        return Number.NaN;
      }
      return index;
    };
    const { timeColumn = 1, valueColumn = 2 } = this.#options;
    return { time: find(timeColumn, 'time'), value: find(valueColumn, 'value') };
  }

  #takeTime(text = '', line: number): void {
    const time = timestampOf(text);
    const before = this.#times.at(-1);
    if (Number.isNaN(time)) {
      this.problem(line, `"${text}" is not a time; write ISO 8601, or the epoch in seconds or milliseconds`);
    } else if (before !== undefined && time <= before) {
      this.problem(line, `the time "${text}" does not come after the row before`);
    } else {
      this.#times.push(time);
    }
  }

  #takeValue(text = '', line: number): void {
    if (isNumber(text)) {
      this.#values.push(Number(text));
      this.#decimals = Math.max(this.#decimals, Math.min(9, /\.(\d+)$/.exec(text)?.[1]?.length ?? 0));
    } else {
      this.problem(line, `the value "${text}" is not a number`);
    }
  }
}

function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text));
}
