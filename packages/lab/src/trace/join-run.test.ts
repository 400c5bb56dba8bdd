import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { codecByName, encodeTruthRow, type TruthRow } from 'sensorsim-shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryTopicSource, type SourceRecord } from '../audit/topic-source.js';
import type { ArrivalRow } from './arrival-row.js';
import { arrivalsFile, joinRun } from './join-run.js';
import { statusMatcher } from './status-message.js';
import type { TruthEntry } from './truth-entry.js';

const startAt = Date.UTC(2026, 10, 24);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lab-join-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function row(seq: number, change: Partial<TruthRow> = {}): TruthRow {
  const ts = startAt + seq * 1_000;
  return { id: 'a', seq, connection: 'c-a', ts, valueTrue: 20, outcome: 'acknowledged', ...change };
}

function labelled(seq: number, label: Partial<TruthRow['label']>, change: Partial<TruthRow> = {}): TruthRow {
  return row(seq, {
    label: { cause: 'attack', type: 'data.replay', intervals: ['a1'], ...label },
    ...change,
  });
}

function record(of: TruthRow, change: Partial<SourceRecord> = {}, format = 'json'): SourceRecord {
  const { id, seq, ts, connection } = of;
  const codec = codecByName(format);
  return {
    partition: 0,
    offset: 0,
    value: Buffer.from(codec.encode({ id, type: 'temperature', value: 20, unit: 'Cel', ts, seq })),
    contentType: codec.contentType,
    clientId: connection,
    marked: false,
    receivedAt: ts + 3,
    gatewayId: 'g',
    mqttTopic: `sensors/temperature/${id}`,
    errorCode: '',
    ...change,
  };
}

const damaged = Buffer.from('{"id":');
const damagedHash = createHash('sha256').update(damaged).digest('hex').slice(0, 16);

interface Joined {
  readonly entries: readonly TruthEntry[];
  readonly arrivals: readonly ArrivalRow[];
  readonly text: string;
  readonly result: Awaited<ReturnType<typeof joinRun>>;
}

async function joined(
  rows: readonly TruthRow[],
  topics: Readonly<Record<string, readonly SourceRecord[]>>,
  bucketRows?: number,
  statusTopics: readonly string[] = [],
): Promise<Joined> {
  writeFileSync(join(directory, 'truth.ndjson'), rows.map((one) => `${encodeTruthRow(one)}\n`).join(''));
  const numbered = Object.entries(topics).map(([topic, records]) => [
    topic,
    records.map((one, offset) => ({ ...one, offset })),
  ]);
  const entries: TruthEntry[] = [];
  const result = await joinRun({
    directory,
    rows: rows.length,
    source: new MemoryTopicSource(Object.fromEntries(numbered)),
    topics: ['t'],
    gatewayId: 'g',
    from: startAt,
    to: startAt + 60_000,
    isStatus: statusMatcher(statusTopics.map((statusTopic) => ({ statusTopic }))),
    onRow: (entry) => entries.push(entry),
    ...(bucketRows === undefined ? {} : { bucketRows }),
  });
  entries.sort((a, b) => a.line - b.line);
  const text = readFileSync(join(directory, arrivalsFile), 'utf8');
  const arrivals = text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ArrivalRow);
  return { entries, arrivals, text, result };
}

describe('joinRun', () => {
  it('leads from each record to the line of its truth row, and back', async () => {
    const rows = [row(0), row(1), row(2)];
    const { entries, arrivals, result } = await joined(rows, {
      t: [rows[1], rows[0]].map((one) => record(one as TruthRow)),
    });
    expect(arrivals).toEqual([
      {
        topic: 't',
        partition: 0,
        offset: 0,
        id: 'a',
        seq: 1,
        connection: 'c-a',
        ts: startAt + 1_000,
        receivedAt: startAt + 1_003,
        truth: 2,
      },
      expect.objectContaining({ offset: 1, seq: 0, truth: 1 }),
    ]);
    expect(entries.map(({ found, lost, behind }) => [found, lost, behind])).toEqual([
      [1, false, true],
      [1, false, false],
      [0, true, false],
    ]);
    expect(result.trace).toEqual({ arrivals: 2, traced: 2, status: 0, untraced: 0, foreign: 0 });
    expect(result.file).toMatchObject({ rows: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('tells what nothing explains from what belongs to others', async () => {
    const { arrivals, result } = await joined([row(0)], {
      t: [
        record(row(0)),
        record(row(7)),
        record(row(0, { connection: 'c-b' })),
        record(row(0), { gatewayId: 'other' }),
      ],
    });
    expect(arrivals.map(({ truth }) => truth)).toEqual([1, null, null]);
    expect(result.trace).toEqual({ arrivals: 3, traced: 1, status: 0, untraced: 2, foreign: 1 });
  });

  it.each([undefined, 1])(
    'gives status messages of the fleet a place of their own, with %j rows at a time',
    async (bucketRows) => {
      const says = (text: string, mqttTopic: string, change: Partial<SourceRecord> = {}): SourceRecord =>
        record(row(0), {
          value: Buffer.from(text),
          contentType: '',
          mqttTopic,
          errorCode: 'DECODE_MALFORMED',
          ...change,
        });
      const will = labelled(
        1,
        { payloadHash: createHash('sha256').update('offline').digest('hex').slice(0, 16) },
        { id: 'w', connection: 'c-w' },
      );
      const { arrivals, result } = await joined(
        [row(0), will],
        {
          't.dead-letter': [
            says('online', 'status/c-a'),
            says('offline', 'status/c-a'),
            says('online', 'home/a/status/1'),
            says('online', 'status/c-b'),
            says('onlin', 'status/c-a'),
            says('online', 'other/c-a'),
            says('offline', 'status/c-a', { clientId: 'c-w' }),
          ],
        },
        bucketRows,
        ['status/{client}', 'home/{id}/status/%i'],
      );
      expect(arrivals.map(({ truth, status }) => status ?? truth)).toEqual([
        true,
        true,
        true,
        null,
        null,
        null,
        2,
      ]);
      expect(result.trace).toEqual({ arrivals: 7, traced: 1, status: 3, untraced: 3, foreign: 0 });
    },
  );

  it('gives a replayed reading its own row, whichever time it carries', async () => {
    const old = labelled(0, { copy: 1 });
    const rows = [row(0), row(1), old];
    const { arrivals, entries } = await joined(rows, { t: rows.map((one) => record(one)) });
    expect(arrivals.map(({ truth }) => truth)).toEqual([1, 2, 3]);
    expect(entries.every(({ found, behind }) => found === 1 && !behind)).toBe(true);
  });

  it('tells the readings of a counter that began again by their time, and calls none of them out of order', async () => {
    const again = [row(0, { ts: startAt + 9_000 }), row(1, { ts: startAt + 10_000 })];
    const rows = [row(0), row(1), ...again];
    const { arrivals, entries } = await joined(rows, { t: rows.map((one) => record(one)) });
    expect(arrivals.map(({ truth }) => truth)).toEqual([1, 2, 3, 4]);
    expect(entries.some(({ behind }) => behind)).toBe(false);
  });

  it('counts copies, and those among them that do not say so', async () => {
    const { entries } = await joined([row(0)], {
      t: [record(row(0)), record(row(0), { marked: true }), record(row(0))],
    });
    expect(entries[0]).toMatchObject({ found: 3, unmarkedCopies: 1 });
    const behind = await joined([row(0)], { t: [record(row(0), { marked: true }), record(row(0))] });
    expect(behind.entries[0]).toMatchObject({ found: 2, unmarkedCopies: 0 });
  });

  it('joins payloads without a reading on their hash, where need be on topic and order', async () => {
    const rows = [
      labelled(0, { payloadHash: damagedHash, topic: 'x' }),
      labelled(1, { payloadHash: damagedHash, topic: 'y' }),
      labelled(2, { payloadHash: 'ffffffffffffffff' }),
    ];
    const dead = { value: damaged, contentType: '', errorCode: 'DECODE_MALFORMED' };
    const cut = { value: Buffer.from('{"pad":"…'), contentType: '', errorCode: 'DECODE_TOO_LARGE' };
    const { arrivals, result, entries } = await joined(rows, {
      t: [],
      't.dead-letter': [
        record(row(0), { ...dead, mqttTopic: 'y' }),
        record(row(0), { ...dead, mqttTopic: 'x' }),
        record(row(0), cut),
        record(row(0), { ...dead, clientId: 'stranger' }),
      ],
    });
    expect(arrivals.map(({ truth, error }) => [truth, error])).toEqual([
      [2, 'DECODE_MALFORMED'],
      [1, 'DECODE_MALFORMED'],
      [3, 'DECODE_TOO_LARGE'],
      [null, 'DECODE_MALFORMED'],
    ]);
    expect(entries.every(({ found, deadLettered, lost }) => found === 0 && deadLettered === 1 && !lost)).toBe(
      true,
    );
    expect(result.deadLetters).toEqual({ DECODE_MALFORMED: 3, DECODE_TOO_LARGE: 1 });
  });

  it('keeps suppressed readings apart from what arrives in their place', async () => {
    const rows = [row(0, { outcome: 'suppressed', reason: 'avail.dropout' }), labelled(0, { copy: 1 })];
    const { arrivals, entries } = await joined(rows, { t: [record(row(0))] });
    expect(arrivals[0]?.truth).toBe(2);
    expect(entries[0]).toMatchObject({ found: 0, lost: false });
  });

  it.each(['text', 'legacy-json'])('joins %s, which has no sequence numbers, on time', async (format) => {
    const rows = [0, 1, 2].map((seq) => row(seq, { id: '7', connection: '7' }));
    const { arrivals } = await joined(rows, { t: rows.map((one) => record(one, {}, format)) });
    expect(arrivals.map(({ truth }) => truth)).toEqual([1, 2, 3]);
  });

  it('finds the same with buckets on disk as in memory, in the order of the topic, and leaves nothing behind', async () => {
    const choice = fc.record({
      device: fc.integer({ min: 0, max: 6 }),
      seq: fc.integer({ min: 0, max: 5 }),
      kind: fc.constantFrom('plain', 'copy', 'damaged', 'suppressed', 'lost'),
      copies: fc.integer({ min: 1, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(choice, { maxLength: 40 }), async (choices) => {
        const rows = choices.map(({ device, seq, kind }) => {
          const change = { id: `d${device}`, connection: `c${device}` };
          switch (kind) {
            case 'copy':
              return labelled(seq, { copy: 1 }, change);
            case 'damaged':
              return labelled(seq, { payloadHash: damagedHash }, change);
            case 'suppressed':
              return row(seq, { ...change, outcome: 'suppressed' });
            default:
              return row(seq, change);
          }
        });
        const sent = choices.flatMap(({ kind, copies }, i) => {
          const one = rows[i] as TruthRow;
          return kind === 'suppressed' || kind === 'lost' || kind === 'damaged'
            ? []
            : Array.from({ length: copies }, () => record(one));
        });
        const dead = choices.flatMap(({ kind }, i) =>
          kind === 'damaged'
            ? [
                record(rows[i] as TruthRow, {
                  value: damaged,
                  contentType: '',
                  errorCode: 'DECODE_MALFORMED',
                }),
              ]
            : [],
        );
        const topics = { t: sent, 't.dead-letter': dead };
        const inMemory = await joined(rows, topics);
        const onDisk = await joined(rows, topics, 3);
        expect(onDisk.text).toBe(inMemory.text);
        expect(onDisk.result).toEqual(inMemory.result);
        expect(onDisk.entries).toEqual(inMemory.entries);
        expect(existsSync(join(directory, '.join'))).toBe(false);
      }),
      { numRuns: 30 },
    );
  });
});
