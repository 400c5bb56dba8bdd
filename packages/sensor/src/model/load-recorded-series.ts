import { createReadStream } from 'node:fs';
import { type CsvError, parse } from 'csv-parse';
import { messageOf, SuiteError } from 'sensorsim-shared';
import { type PlaybackOptions, RecordedSeries } from './recorded-series.js';
import { type CsvRow, SampleReader } from './sample-reader.js';

export interface LoadRecordedSeriesOptions extends PlaybackOptions {
  /** A CSV file; fields divided by commas, semicolons or tabs; `#` begins a comment. */
  readonly path: string;
  /** Name in the first line, or number from 1. Default 1. */
  readonly timeColumn?: string | number;
  /** Name in the first line, or number from 1. Default 2. */
  readonly valueColumn?: string | number;
  /** Rows a file may have, so that memory stays bounded at 16 bytes a row. Default 2,000,000. */
  readonly maxRows?: number;
}

/**
 * Reads a recording. Times are ISO 8601 (`2015-02-04T17:51:00Z`), `2015-02-04 17:51:00` (UTC unless it says otherwise),
 * or the epoch in seconds or milliseconds (from 1e11 on); they must increase from row to row.
 * @throws {SuiteError} CONFIG_UNREADABLE: the file cannot be read, or rows are wrong: each with file and line
 */
export async function loadRecordedSeries(options: LoadRecordedSeriesOptions): Promise<RecordedSeries> {
  const { path, maxRows = 2_000_000 } = options;
  const reader = new SampleReader(options);
  const source = createReadStream(path);
  const rows = parse({
    bom: true,
    comment: '#',
    comment_no_infix: true,
    delimiter: [',', ';', '\t'],
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  source.on('error', (error) => rows.destroy(error));
  source.pipe(rows);
  try {
    for await (const row of rows as AsyncIterable<CsvRow>) {
      reader.take(row);
      if (reader.rowCount > maxRows) {
        reader.problem(row.info.lines, `more than ${maxRows} rows; thin the recording out`);
        break;
      }
    }
  } catch (cause) {
    const line = (cause as CsvError).code?.startsWith('CSV_')
      ? (cause as { lines?: number }).lines
      : undefined;
    if (line === undefined) {
      throw new SuiteError('CONFIG_UNREADABLE', `cannot read the recording ${path}: ${messageOf(cause)}`, {
        cause,
      });
    }
    reader.problem(line, messageOf(cause));
  } finally {
    source.destroy();
  }
  return new RecordedSeries(reader.samples(), options);
}
