import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SuiteError } from 'sensorsim-shared';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type LoadRecordedSeriesOptions,
  loadRecordedSeries,
  recordedType,
  resolveSensorType,
} from './index.js';
import { timestampOf } from './timestamp.js';

const folder = mkdtempSync(join(tmpdir(), 'recorded-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function file(text: string): string {
  files += 1;
  const path = join(folder, `${files}.csv`);
  writeFileSync(path, text);
  return path;
}
async function play(
  text: string,
  seconds: readonly number[],
  options: Partial<LoadRecordedSeriesOptions> = {},
  deviceId = 'd',
) {
  const series = await loadRecordedSeries({ path: file(text), ...options });
  const model = series.create({ seed: 's', deviceId, startAt: 1_000_000 });
  return seconds.map((second) => model.valueAt(1_000_000 + second * 1_000));
}
async function errorOf(text: string, options: Partial<LoadRecordedSeriesOptions> = {}): Promise<SuiteError> {
  try {
    await loadRecordedSeries({ path: file(text), ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(SuiteError);
    expect((error as SuiteError).code).toBe('CONFIG_UNREADABLE');
    return error as SuiteError;
  }
  throw new Error('nothing was wrong');
}
/** Without the folder, which differs from run to run. */
const shortOf = (error: SuiteError) => error.problems.map((text) => text.replace(/^.*\.csv/, 'csv'));

const simple = 'time,value\n2024-01-01 00:00:00,10.0\n2024-01-01 00:00:10,20.0\n2024-01-01 00:00:20,15.5\n';

describe('a recording as a model', () => {
  it('goes straight between samples, from the beginning at the start of the run, and loops', async () => {
    expect(await play(simple, [0, 5, 10, 20, 25, 30, 35, 40])).toEqual([10, 15, 20, 15.5, 12.8, 10, 15, 20]);
  });

  it('holds each sample when stepped', async () => {
    expect(await play(simple, [0, 9, 10, 19.9, 29, 31], { interpolation: 'step' })).toEqual([
      10, 10, 20, 20, 15.5, 10,
    ]);
  });

  it('holds the last value when it does not loop', async () => {
    expect(await play(simple, [20, 25, 3000], { loop: false })).toEqual([15.5, 15.5, 15.5]);
  });

  it('begins elsewhere for each device when a phase spread is given, the same each time', async () => {
    const spread = { phaseSpreadMs: 30_000 };
    const one = await play(simple, [0, 1, 2], spread);
    expect(await play(simple, [0, 1, 2], spread)).toEqual(one);
    expect(await play(simple, [0, 1, 2], spread, 'e')).not.toEqual(one);
  });

  it('is right after leaps over many loops and many samples', async () => {
    const rows = Array.from({ length: 5_000 }, (_, second) => `${1_700_000_000 + second},${second}`);
    const seconds = [0, 1, 2, 700, 701, 4_999, 5_000, 5_003, 123_456, 123_456, 999_999];
    expect(await play(rows.join('\n'), seconds, { interpolation: 'step' })).toEqual(
      seconds.map((s) => s % 5_000),
    );
  });

  it('gives values as fine as the recording wrote them, or as asked', async () => {
    const text = 't,v\n0,1.00\n3,2.00\n6,3.00\n';
    expect(await play(text, [1])).toEqual([1.33]);
    expect(await play(text, [1], { resolution: 0.5 })).toEqual([1.5]);
  });

  it('keeps the type it stands in for', async () => {
    const series = await loadRecordedSeries({ path: file(simple) });
    const type = recordedType(resolveSensorType('temp'), series);
    expect(type).toMatchObject({ name: 'temperature', unit: 'Cel', idPrefix: 'temp' });
    expect(type.parameters.safeParse({ base: 1 }).success).toBe(false);
    const model = type.create({ seed: 's', deviceId: 'd', room: 'r', startAt: 0, parameters: {} });
    expect(model.valueAt(5_000)).toBe(15);
  });
});

describe('columns', () => {
  it.each([
    ['by name', 'a;when;b\n1;0;5\n1;10;6\n', { timeColumn: 'when', valueColumn: 'b' }],
    ['by number', 'a\twhen\tb\n1\t0\t5\n1\t10\t6\n', { timeColumn: 2, valueColumn: 3 }],
    ['without a header', '1,0,5\n1,10,6\n', { timeColumn: 2, valueColumn: 3 }],
    [
      'with a byte order mark, comments and empty lines',
      '\uFEFF# made by hand\nt,v\n\n0,5\n# middle\n10,6\n',
      {},
    ],
    [
      'quoted, as the UCI file, with row names that have no heading',
      '"date","T"\n"1","0",5\n"2","10",6\n',
      { timeColumn: 'date', valueColumn: 'T' },
    ],
  ])('are found %s', async (_name, text, columns) => {
    expect(await play(text, [0, 10], columns)).toEqual([5, 6]);
  });
});

describe('what is wrong with a file', () => {
  it('names each row with file and line, all at once', async () => {
    const error = await errorOf('time,value\n0,1\nnoon,2\n2,warm\n1,3\n5,\n');
    expect(shortOf(error)).toEqual([
      'csv:3: "noon" is not a time; write ISO 8601, or the epoch in seconds or milliseconds',
      'csv:4: the value "warm" is not a number',
      'csv:5: the time "1" does not come after the row before',
      'csv:6: the value "" is not a number',
    ]);
  });

  it('lists twenty and counts the rest', async () => {
    const error = await errorOf(`t,v\n${'0,x\n'.repeat(100)}`);
    expect(error.problems).toHaveLength(21);
    expect(error.problems.at(-1)).toMatch(/^and \d+ more$/);
  });

  it.each([
    [
      'an unknown name',
      'time,temperature\n0,1\n1,2\n',
      { timeColumn: 'time', valueColumn: 'temprature' },
      'csv:1: no value column "temprature" (did you mean "temperature"?); there are time, temperature',
    ],
    [
      'a number too high',
      'time,temperature\n0,1\n1,2\n',
      { valueColumn: 3 },
      'csv:1: no value column 3; there are 1 to 2',
    ],
    ['too many rows', '0,1\n1,2\n2,3\n', { maxRows: 2 }, 'csv:3: more than 2 rows; thin the recording out'],
    ['an empty file', '', {}, 'csv: a recording needs two rows at least'],
    ['one row', 't,v\n0,1\n', {}, 'csv: a recording needs two rows at least'],
  ])('says so of %s', async (_name, text, options, problem) => {
    expect(shortOf(await errorOf(text, options))).toEqual([problem]);
  });

  it('says so of an open quote', async () => {
    const error = await errorOf('t,v\n0,1\n1,"2\n');
    expect(shortOf(error)[0]).toMatch(/^csv:\d+: Quote Not Closed/);
  });

  it('says so of a file that is not there, and of a folder', async () => {
    await expect(loadRecordedSeries({ path: join(folder, 'none.csv') })).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('none.csv'),
    });
    await expect(loadRecordedSeries({ path: folder })).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
  });
});

describe('times', () => {
  it.each([
    ['2015-02-04T17:51:00Z', Date.UTC(2015, 1, 4, 17, 51)],
    ['2015-02-04 17:51:00', Date.UTC(2015, 1, 4, 17, 51)],
    ['2004-02-28 00:59:16.02785', Date.UTC(2004, 1, 28, 0, 59, 16, 27)],
    ['2015-02-04T17:51+01:00', Date.UTC(2015, 1, 4, 16, 51)],
    ['2015-02-04', Date.UTC(2015, 1, 4)],
    ['1423072260', 1_423_072_260_000],
    ['1423072260.5', 1_423_072_260_500],
    ['1423072260000', 1_423_072_260_000],
    ['17:51', Number.NaN],
    ['2015-13-04', Number.NaN],
    ['', Number.NaN],
  ])('reads %s', (text, ts) => {
    expect(timestampOf(text)).toBe(ts);
  });
});
