import { encode, Tagged } from 'cborg';
import { describe, expect, it } from 'vitest';
import { senmlCodec } from './senml.js';
import { senmlCborCodec } from './senml-cbor.js';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const reading = {
  id: 'temp-0001',
  type: 'temperature',
  value: 21.34,
  unit: 'Cel',
  ts: 1_700_000_000_123,
  seq: 17,
};

describe('senml', () => {
  it('writes one record, the time in seconds, with type and seq as custom labels', () => {
    expect(senmlCodec.encode(reading)).toBe(
      '[{"n":"temp-0001","u":"Cel","t":1700000000.123,"v":21.34,"type":"temperature","seq":17}]',
    );
  });

  it('resolves the base fields of RFC 8428 §5.1.2, over all records after them', () => {
    const pack = [
      {
        bn: 'urn:dev:ow:10e2073a0108006:',
        bt: 1.276020076001e9,
        bu: 'A',
        bver: 5,
        n: 'voltage',
        u: 'V',
        v: 120.1,
      },
      { n: 'current', t: -5, v: 1.2 },
      { n: 'current', t: -4, v: 1.3 },
    ];
    expect(senmlCodec.decode(bytes(pack))).toEqual([
      { id: 'urn:dev:ow:10e2073a0108006:voltage', unit: 'V', value: 120.1, ts: 1_276_020_076_001 },
      { id: 'urn:dev:ow:10e2073a0108006:current', unit: 'A', value: 1.2, ts: 1_276_020_071_001 },
      { id: 'urn:dev:ow:10e2073a0108006:current', unit: 'A', value: 1.3, ts: 1_276_020_072_001 },
    ]);
  });

  it('adds base values, and changes a base field in the middle of a pack', () => {
    const pack = [
      { bn: 'a', bv: 20, bt: 1.7e9, v: 1 },
      { v: -2, bv: 30, bn: 'b' },
    ];
    expect(senmlCodec.decode(bytes(pack))).toEqual([
      { id: 'a', value: 21, ts: 1_700_000_000_000 },
      { id: 'b', value: 28, ts: 1_700_000_000_000 },
    ]);
  });

  it.each([
    ['no time at all: now', {}, 1_700_000_000_500],
    ['ten seconds ago', { t: -10 }, 1_699_999_990_500],
    ['the last relative second', { t: 2 ** 28 - 1 }, 1_700_000_000_500 + (2 ** 28 - 1) * 1_000],
    ['the first absolute second', { t: 2 ** 28 }, 2 ** 28 * 1_000],
    ['base and own time together are what counts', { bt: 2 ** 28 + 5, t: -5 }, 2 ** 28 * 1_000],
  ])('takes times below 2^28 s for relative to the arrival: %s', (_what, times, ts) => {
    expect(senmlCodec.decode(bytes([{ n: 'a', v: 1, ...times }]), 1_700_000_000_500)[0]?.ts).toBe(ts);
  });

  it('passes over records that carry no number, but not over a pack without one', () => {
    const others = [
      { bn: 'a', bt: 1.7e9 },
      { n: '1', vs: 'x' },
      { n: '2', vb: true },
      { n: '3', vd: 'eA' },
      { n: '4', s: 1 },
    ];
    expect(senmlCodec.decode(bytes([...others, { n: '5', v: 1 }]))).toHaveLength(1);
    expect(() => senmlCodec.decode(bytes(others))).toThrow(/^v must be in at least one record/);
  });

  it.each([
    ['record 0: bver must be a version from 1 to 10, is 11', [{ bver: 11, n: 'a', v: 1 }]],
    [
      'record 1: bn must be text, is 5',
      [
        { n: 'a', v: 1 },
        { bn: 5, v: 1 },
      ],
    ],
    ['record 0: n must be text, is null', [{ n: null, v: 1 }]],
    ['record 0: v must be a finite number, is "1"', [{ n: 'a', v: '1' }]],
    ['record 0: v must be a finite number, is missing', [{ n: 'a' }]],
    ['record 0: t must be a finite number, is "now"', [{ n: 'a', v: 1, t: 'now' }]],
    ['record 0: bn + n must be', [{ bn: 'a/', n: 'b', v: 1 }]],
    ['record 0: bn + n must be', [{ v: 1 }]],
    ['record 0: v + bv must be a finite number, is Infinity', [{ n: 'a', bv: 1e308, v: 1e308 }]],
    ['record 0: bt + t must be', [{ n: 'a', v: 1, t: 1e300 }]],
    ['record 0: u must be text, is 1', [{ n: 'a', v: 1, u: 1 }]],
    ['record 0: seq must be a whole number', [{ n: 'a', v: 1, seq: '1' }]],
    ['record 0: "must_" is a mandatory extension', [{ n: 'a', v: 1, must_: 1 }]],
    ['record 0: a SenML record must be an object, is 7', [7]],
    ['v must be in at least one record', []],
  ])('says what is wrong: %s', (message, pack) => {
    expect(() => senmlCodec.decode(bytes(pack))).toThrow(
      expect.objectContaining({ code: 'DECODE_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    ['a time that would be read as a relative one', { ts: 2 ** 28 * 1_000 - 1 }],
    ['an id that is no SenML name', { id: '-a' }],
  ])('refuses to write %s', (_what, change) => {
    for (const codec of [senmlCodec, senmlCborCodec]) {
      expect(() => codec.encode({ ...reading, ...change })).toThrow(
        expect.objectContaining({ code: 'ENCODE_UNREPRESENTABLE' }),
      );
    }
  });
});

describe('senml-cbor', () => {
  it('writes whole numbers for the labels of RFC 8428 §6, and text for ours', () => {
    expect(
      Buffer.from(senmlCborCodec.encode({ ...reading, value: 21.5, ts: 1_700_000_000_000 })).toString('hex'),
    ).toBe(
      [
        '81a6', // one record of six fields, shortest labels first
        '00',
        '69',
        Buffer.from('temp-0001').toString('hex'),
        '01',
        '63',
        Buffer.from('Cel').toString('hex'),
        '02',
        'f94d60', // 21.5 as a half
        '06',
        '1a6553f100', // 1700000000
        '63',
        Buffer.from('seq').toString('hex'),
        '11',
        '64',
        Buffer.from('type').toString('hex'),
        '6b',
        Buffer.from('temperature').toString('hex'),
      ].join(''),
    );
  });

  it('resolves base fields, takes endless arrays and maps, and decimal fractions', () => {
    const pack = Buffer.from(
      [
        '9f', // endless array
        'bf',
        '21',
        '61',
        '61',
        '22',
        '1a6553f100',
        '02',
        'c4',
        '82',
        '21',
        '190856',
        'ff', // bn "a", bt, v 2134e-2
        'a2',
        '00',
        '61',
        '62',
        '02',
        '20', // n "b", v -1
        'ff',
      ].join(''),
      'hex',
    );
    expect(senmlCborCodec.decode(pack)).toEqual([
      { id: 'a', value: 21.34, ts: 1_700_000_000_000 },
      { id: 'ab', value: -1, ts: 1_700_000_000_000 },
    ]);
  });

  it.each<[string, Uint8Array]>([
    ['a map for a pack', encode(new Map([[0, 'a']]))],
    ['a number for a record', encode([1])],
    ['bytes after the pack', Buffer.from('81a200616102010000', 'hex')],
    ['a label twice', Buffer.from('81a3006161006162' + '0201', 'hex')],
    [
      'a map for a value',
      encode([
        new Map<number, unknown>([
          [0, 'a'],
          [2, new Map()],
        ]),
      ]),
    ],
    ['an array for a label', Buffer.from('81a1800' + '1', 'hex')],
    [
      'a date tag',
      encode([
        new Map<number, unknown>([
          [0, 'a'],
          [2, new Tagged(1, 5)],
        ]),
      ]),
    ],
    ['a fraction of three parts', Buffer.from('81a200616102c483010203', 'hex')],
    ['a break in a pack of known length', Buffer.from('81ff', 'hex')],
  ])('refuses %s', (_what, payload) => {
    expect(() => senmlCborCodec.decode(payload)).toThrow(
      expect.objectContaining({ code: 'DECODE_MALFORMED' }),
    );
  });

  it.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['2^64 - 1, which no double holds', 2n ** 64n - 1n],
    ['null', null],
    ['bytes', Uint8Array.of(1)],
  ])('refuses the value %s', (_what, value) => {
    const payload = encode([
      new Map<number, unknown>([
        [0, 'a'],
        [2, value],
      ]),
    ]);
    expect(() => senmlCborCodec.decode(payload)).toThrow(
      expect.objectContaining({ code: 'DECODE_INVALID', message: expect.stringContaining('v must be') }),
    );
  });

  it('lets labels of the language be plain labels, and `__proto__` is one that must be understood', () => {
    const pack = (label: string) =>
      encode([
        new Map<number | string, unknown>([
          [0, 'a'],
          [2, 1],
          [label, 5],
        ]),
      ]);
    expect(senmlCborCodec.decode(pack('constructor'), 0)).toEqual([{ id: 'a', value: 1, ts: 0 }]);
    expect(() => senmlCborCodec.decode(pack('__proto__'), 0)).toThrow(/"__proto__" is a mandatory extension/);
  });
});
