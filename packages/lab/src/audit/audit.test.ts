import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { codecByName, type ReadingOutcome, type TruthRow } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { Audit, type AuditedRecord, TimeJoinNeeded } from './audit.js';

const startAt = 1_700_000_000_000;

function row(id: string, seq: number, over: Partial<TruthRow> = {}): TruthRow {
  const ts = startAt + seq * 1_000;
  return { id, seq, connection: id, ts, valueTrue: 1, outcome: 'acknowledged', ...over };
}

function record(id: string, seq: number, over: Partial<AuditedRecord> & { ts?: number } = {}): AuditedRecord {
  const { ts = startAt + seq * 1_000, ...rest } = over;
  return {
    partition: 0,
    value: Buffer.from(
      codecByName('json').encode({ id, type: 'temperature', value: 21.5, unit: 'Cel', ts, seq }) as string,
    ),
    contentType: 'application/json',
    clientId: id,
    marked: false,
    receivedAt: ts + 1,
    ...rest,
  };
}

function bytes(text: string, over: Partial<AuditedRecord> = {}): AuditedRecord {
  return { ...record('x', 0), value: Buffer.from(text), contentType: '', ...over };
}

function audited(
  claims: readonly TruthRow[],
  records: readonly AuditedRecord[],
  deadLetters: readonly AuditedRecord[] = [],
  joinOnTs = false,
): Audit {
  const audit = new Audit(joinOnTs);
  audit.beginRun();
  for (const claim of claims) {
    audit.claim(claim);
  }
  for (const one of records) {
    audit.record(one);
  }
  for (const one of deadLetters) {
    audit.deadLetter(one);
  }
  return audit;
}

const five = [0, 1, 2, 3, 4];

describe('Audit', () => {
  it('finds nothing wrong where each acknowledged reading is in the topic once', () => {
    const audit = audited(
      five.map((seq) => row('temp-0001', seq)),
      five.map((seq) => record('temp-0001', seq)),
    );
    expect(audit.findings()).toMatchObject({
      acknowledged: 5,
      found: 5,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      deadLettered: 0,
      devices: 1,
      foreign: 0,
      unexplained: 0,
    });
  });

  it('names what was acknowledged and is not in the topic, as ranges', () => {
    const audit = audited(
      five.map((seq) => row('temp-0001', seq)),
      [record('temp-0001', 0), record('temp-0001', 3)],
    );
    expect(audit.findings()).toMatchObject({ acknowledged: 5, found: 2, lost: 3 });
    expect([...audit.lost()]).toEqual([
      { id: 'temp-0001', connection: 'temp-0001', fromSeq: 1, toSeq: 2 },
      { id: 'temp-0001', connection: 'temp-0001', fromSeq: 4, toSeq: 4 },
    ]);
  });

  it('counts copies beyond the first, and which of them are marked as sent again', () => {
    const audit = audited(
      [row('t', 0), row('t', 1)],
      [record('t', 0), record('t', 0), record('t', 1), record('t', 0, { marked: true })],
    );
    expect(audit.findings()).toMatchObject({ found: 2, duplicated: 2, duplicatedMarked: 1, reordered: 0 });
  });

  it('forgives what a gateway writes late that its device has left: readings sent again, marked, to the next one', () => {
    // 2 to 4 were under way; the next gateway had them again before 5, and the old one wrote its own behind that.
    const records = [
      ...[0, 1].map((seq) => record('t', seq)),
      ...[2, 3].map((seq) => record('t', seq, { marked: true })),
      record('t', 2),
      record('t', 4, { marked: true }),
      record('t', 3),
      record('t', 5),
      record('t', 4),
    ];
    const claims = [...five, 5].map((seq) => row('t', seq));
    const { duplicated, duplicatedMarked, ...rest } = audited(claims, records).findings();
    expect(rest).toMatchObject({ acknowledged: 6, found: 6, lost: 0, reordered: 0 });
    expect([duplicated, duplicatedMarked]).toEqual([3, 3]);
    // One unmarked copy is forgiven, a second is not.
    expect(audited(claims, [...records, record('t', 4)]).findings()).toMatchObject({
      duplicated: 4,
      duplicatedMarked: 3,
    });
  });

  it('counts first copies behind a later reading of their device in the same partition', () => {
    const audit = audited(
      [...five.map((seq) => row('a', seq)), ...five.map((seq) => row('b', seq))],
      [
        ...[0, 3, 1, 2, 4].map((seq) => record('a', seq)),
        // Another partition's order says nothing about this one's.
        record('b', 4, { partition: 1 }),
        ...[0, 1, 2, 3].map((seq) => record('b', seq, { partition: 2 })),
      ],
    );
    expect(audit.findings()).toMatchObject({ found: 10, reordered: 2, splitDevices: 1 });
  });

  it('is not disturbed by other runs of the same devices in the same topic', () => {
    const hour = 3_600_000;
    const earlier = five.map((seq) => record('t', seq, { ts: startAt + seq * 1_000 - hour }));
    const later = five.map((seq) => record('t', seq, { ts: startAt + seq * 1_000 + hour }));
    const otherDevice = five.map((seq) => record('other', seq));
    const otherConnection = five.map((seq) => record('t', seq, { clientId: 'bridge-7' }));
    const audit = audited(
      five.map((seq) => row('t', seq)),
      [...earlier, ...otherDevice, record('t', 0), ...otherConnection, record('t', 1), ...later],
    );
    expect(audit.findings()).toMatchObject({ found: 2, lost: 3, duplicated: 0, reordered: 0, foreign: 20 });
  });

  it('does not compare connections that a record does not tell, or that are addresses', () => {
    const viaHttp = row('t', 1, { connection: 'http://127.0.0.1:1880/readings-form' });
    const audit = audited(
      [row('s', 1, { connection: 'sensorsim-1' }), viaHttp],
      [record('s', 1, { clientId: '' }), record('t', 1, { clientId: 'gateway-made-this-up' })],
    );
    expect(audit.findings()).toMatchObject({ found: 2, lost: 0 });
  });

  it('tells what arrived without a promise, and does not call the rest lost', () => {
    const outcomes: ReadingOutcome[] = ['published', 'published', 'failed', 'skipped', 'acknowledged'];
    const audit = audited(
      outcomes.map((outcome, seq) => row('t', seq, { outcome })),
      [record('t', 0), record('t', 2), record('t', 4)],
    );
    expect(audit.findings()).toMatchObject({
      acknowledged: 1,
      found: 1,
      lost: 0,
      unconfirmed: 2,
      unconfirmedFound: 1,
      unacknowledgedFound: 1,
    });
  });

  it('tells readings of the run that no truth row explains', () => {
    const audit = audited([row('t', 0), row('t', 2)], [record('t', 0), record('t', 1), record('t', 2)]);
    expect(audit.findings()).toMatchObject({ found: 2, unexplained: 1 });
  });

  it('does not call lost what is among the dead letters', () => {
    const audit = audited(
      five.map((seq) => row('t', seq)),
      [record('t', 0)],
      [record('t', 1), record('t', 2), record('other', 2)],
    );
    expect(audit.findings()).toMatchObject({ found: 1, deadLettered: 2, lost: 2 });
    expect([...audit.lost()]).toMatchObject([{ fromSeq: 3, toSeq: 4 }]);
  });

  it('takes a damaged dead letter for its own by connection and time of arrival', () => {
    const audit = audited(
      five.map((seq) => row('t', seq)),
      [],
      [
        bytes('{"id', { clientId: 't', receivedAt: startAt + 2_000 }),
        bytes('{"id', { clientId: 't', receivedAt: startAt - 2_000 }),
        bytes('{"id', { clientId: 'stranger', receivedAt: startAt + 2_000 }),
      ],
    );
    expect(audit.findings().deadLettered).toBe(1);
  });

  it('joins shards, and two runs of one device, without mixing them', () => {
    const audit = new Audit();
    for (const run of [0, 1]) {
      audit.beginRun();
      for (const seq of five) {
        audit.claim(row('t', seq, { ts: startAt + run * 60_000 + seq * 1_000 }));
        audit.claim(row(`shard-${run}`, seq));
      }
    }
    for (const seq of five) {
      audit.record(record('t', seq));
      audit.record(record('shard-0', seq));
      audit.record(record('shard-1', seq));
    }
    expect(audit.findings()).toMatchObject({ acknowledged: 20, found: 15, lost: 5, duplicated: 0 });
    expect([...audit.lost()]).toEqual([{ id: 't', connection: 't', fromSeq: 0, toSeq: 4 }]);
  });

  it('asks for a join on time where readings have no sequence number, and then joins on it', () => {
    const claims = five.map((seq) => row('7.1', seq));
    const text = (seq: number) => bytes(`7.1-${startAt + seq * 1_000}-21.5`, { clientId: '7.1' });
    expect(() => audited(claims, [text(0)])).toThrow(TimeJoinNeeded);
    const audit = audited(claims, [text(0), text(2), text(1), text(2)], [], true);
    expect(audit.findings()).toMatchObject({ found: 3, lost: 2, duplicated: 1, reordered: 1 });
  });

  it('counts readings that share a second in the format that tells seconds only', () => {
    const claims = five.map((seq) => row('t', seq, { ts: startAt + seq * 300 }));
    const legacy = bytes(
      `{"sensorID":"t","sensorType":"room_temperature","value":18,"timestamp":${startAt / 1_000},"daydate":20231114}`,
      { clientId: 't' },
    );
    const audit = audited(claims, [legacy, legacy, legacy, legacy, legacy], [], true);
    // Four readings fall into that second.
    expect(audit.findings()).toMatchObject({ found: 4, lost: 1, duplicated: 1, reordered: 0 });
  });

  it('agrees with a naive count, whatever was claimed and whatever arrived', () => {
    const outcome = fc.constantFrom<ReadingOutcome>('acknowledged', 'published', 'failed', 'skipped');
    const claims = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b'), fc.nat(12), outcome), {
      selector: ([id, seq]) => `${id}/${seq}`,
    });
    const arrivals = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(14), fc.constantFrom(0, 1), fc.boolean()),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(claims, arrivals, (claimed, arrived) => {
        const audit = audited(
          claimed.map(([id, seq, fate]) => row(id, seq, { outcome: fate })),
          arrived.map(([id, seq, partition, marked]) => record(id, seq, { partition, marked })),
        );
        const fateOf = new Map(claimed.map(([id, seq, fate]) => [`${id}/${seq}`, fate]));
        const own = arrived.filter(([id, seq]) => fateOf.has(`${id}/${seq}`));
        const key = ([id, seq]: (typeof own)[number]) => `${id}/${seq}`;
        const firsts = own.filter((one, i) => own.findIndex((other) => key(other) === key(one)) === i);
        const copies = own.filter((one) => !firsts.includes(one));
        const behind = firsts.filter(([id, seq, partition], i) =>
          firsts.slice(0, i).some((other) => other[0] === id && other[2] === partition && other[1] > seq),
        );
        const count = (fate: ReadingOutcome) => firsts.filter((one) => fateOf.get(key(one)) === fate).length;
        const acknowledged = claimed.filter(([, , fate]) => fate === 'acknowledged').length;
        expect(audit.findings()).toMatchObject({
          acknowledged,
          found: count('acknowledged'),
          lost: acknowledged - count('acknowledged'),
          duplicated: copies.length,
          duplicatedMarked: firsts
            .map((first) => {
              const all = own.filter((one) => key(one) === key(first));
              return Math.min(all.length - 1, all.filter(([, , , marked]) => marked).length);
            })
            .reduce((sum, explained) => sum + explained, 0),
          reordered: behind.length,
          unconfirmedFound: count('published'),
          unacknowledgedFound: count('failed') + count('skipped'),
        });
        const { unexplained, foreign } = audit.findings();
        expect(unexplained + foreign).toBe(arrived.length - own.length);
      }),
    );
  });

  it('counts a replayed reading as itself, and not as a copy or out of order', () => {
    const label = { cause: 'attack', type: 'data.replay', intervals: ['a1'], copy: 1 } as const;
    const claims = [...five.map((seq) => row('a', seq)), row('a', 1, { label }), row('a', 2, { label })];
    const records = [...five, 1, 2].map((seq) => record('a', seq));
    expect(audited(claims, records).findings()).toMatchObject({
      acknowledged: 7,
      found: 7,
      lost: 0,
      duplicated: 0,
      reordered: 0,
    });
    expect(audited(claims, [...records, record('a', 2)]).findings()).toMatchObject({ duplicated: 1 });
    expect([...audited(claims, records.slice(0, -1)).lost()]).toMatchObject([{ fromSeq: 2, toSeq: 2 }]);
  });

  it('keeps the readings of a counter that began again apart, also where confirmations crossed', () => {
    const later = (seq: number) => ({ ts: startAt + 10_000 + seq * 1_000 });
    const again = [1, 0, 2].map((seq) => row('a', seq, later(seq)));
    const claims = [
      ...five.slice(0, 4).map((seq) => row('a', seq)),
      again[0] as TruthRow,
      row('a', 4),
      ...again.slice(1),
    ];
    const records = [
      ...five.map((seq) => record('a', seq)),
      ...[0, 1, 2].map((seq) => record('a', seq, later(seq))),
    ];
    const whole = { acknowledged: 8, found: 8, lost: 0, duplicated: 0, reordered: 0, unexplained: 0 };
    expect(audited(claims, records).findings()).toMatchObject(whole);
    expect(audited(claims, records.slice(0, -1)).findings()).toMatchObject({ found: 7, lost: 1 });
  });

  it('finds messages without a reading by their hash among the dead letters', () => {
    const label = {
      cause: 'attack',
      type: 'proto.malformed',
      intervals: ['a1'],
      payloadHash: hashOf('{"id":'),
    } as const;
    const damaged = bytes('{"id":', { clientId: 'c' });
    const claims = [0, 1].map((seq) => row('a', seq, { connection: 'c', label }));
    expect(audited(claims, [], [damaged, damaged]).findings()).toMatchObject({
      acknowledged: 2,
      found: 0,
      lost: 0,
      deadLettered: 2,
    });
    expect(audited(claims, [], [damaged]).findings()).toMatchObject({ lost: 1, deadLettered: 1 });
    const cut = bytes('{"pad":', { clientId: 'c', errorCode: 'DECODE_TOO_LARGE' });
    expect(audited(claims, [], [damaged, cut]).findings()).toMatchObject({ lost: 0, deadLettered: 2 });
  });

  it('counts readings that a pattern kept back, and misses none of them', () => {
    const claims = five.map((seq) => row('a', seq, seq === 2 ? { outcome: 'suppressed' } : {}));
    const records = [0, 1, 3, 4].map((seq) => record('a', seq));
    expect(audited(claims, records).findings()).toMatchObject({ suppressed: 1, acknowledged: 4, lost: 0 });
  });
});

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
