import { describe, expect, it } from 'vitest';
import { legacyJsonCodec } from './legacy-json.js';
import { plainDecimal, textCodec } from './text.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const reading = {
  id: 'simsensor001',
  type: 'temperature',
  value: 18,
  unit: 'Cel',
  ts: 1_795_492_016_987,
  seq: 3,
};

describe('legacy-json', () => {
  it('writes the bytes of the 2018 successor', () => {
    expect(legacyJsonCodec.encode(reading)).toBe(
      '{"sensorID":"simsensor001","sensorType":"room_temperature","value":18,"timestamp":1795492016,"daydate":20261124}',
    );
    expect(legacyJsonCodec.encode({ ...reading, type: 'light', value: 178 })).toContain(
      '"sensorType":"luxometer"',
    );
    expect(legacyJsonCodec.encode({ ...reading, type: 'humidity' })).toContain('"sensorType":"humidity"');
  });

  it.each([
    [Date.UTC(2023, 11, 31, 23, 59, 59, 999), 20231231],
    [Date.UTC(2024, 0, 1), 20240101],
    [Date.UTC(2024, 1, 29, 12), 20240229],
  ])('gives the UTC day of %d', (ts, day) => {
    expect(legacyJsonCodec.encode({ ...reading, ts })).toContain(`"daydate":${day}}`);
  });

  it('reads seconds and milliseconds, maps the types back, and lets daydate be anything', () => {
    const decode = (timestamp: number, sensorType: string) =>
      legacyJsonCodec.decode(
        bytes(JSON.stringify({ sensorID: 'a', sensorType, value: 1, timestamp, daydate: 'x' })),
      );
    expect(decode(1_795_492_016, 'luxometer')).toEqual([
      { id: 'a', type: 'light', value: 1, ts: 1_795_492_016_000 },
    ]);
    expect(decode(1_795_492_016_123, 'co2')).toEqual([
      { id: 'a', type: 'co2', value: 1, ts: 1_795_492_016_123 },
    ]);
  });

  it.each([
    ['sensorID', '{"sensorType":"co2","value":1,"timestamp":1}'],
    ['sensorType', '{"sensorID":"a","sensorType":7,"value":1,"timestamp":1}'],
    ['value', '{"sensorID":"a","sensorType":"co2","value":"18","timestamp":1}'],
    ['timestamp', '{"sensorID":"a","sensorType":"co2","value":1,"timestamp":"1795492016"}'],
    ['timestamp', '{"sensorID":"a","sensorType":"co2","value":1,"timestamp":1.5}'],
  ])('names the field that is wrong: %s', (field, text) => {
    expect(() => legacyJsonCodec.decode(bytes(text))).toThrow(
      expect.objectContaining({
        code: 'DECODE_INVALID',
        message: expect.stringMatching(new RegExp(`^${field} must be `)),
      }),
    );
  });
});

describe('text', () => {
  it('writes the bytes of the 2018 tutorial', () => {
    expect(textCodec.encode({ ...reading, id: '10.0.0.7' })).toBe('10.0.0.7-1795492016987-18');
  });

  it.each([
    ['a-1700000000000--3.5', { id: 'a', ts: 1_700_000_000_000, value: -3.5 }],
    ['a-1700000000000-3.5', { id: 'a', ts: 1_700_000_000_000, value: 3.5 }],
    ['temp-0001-1700000000000-21', { id: 'temp-0001', ts: 1_700_000_000_000, value: 21 }],
    ['temp-0001-1700000000000--21', { id: 'temp-0001', ts: 1_700_000_000_000, value: -21 }],
    ['a--1700000000000-5', { id: 'a-', ts: 1_700_000_000_000, value: 5 }],
    ['--1700000000000--5', { id: '-', ts: 1_700_000_000_000, value: -5 }],
    ['a-1-2-1700000000000-5', { id: 'a-1-2', ts: 1_700_000_000_000, value: 5 }],
    ['a-1795492016-5', { id: 'a', ts: 1_795_492_016_000, value: 5 }],
    ['1.2.3-1700000000000-0.000001\n', { id: '1.2.3', ts: 1_700_000_000_000, value: 0.000001 }],
  ])('reads %s from the right', (text, expected) => {
    expect(textCodec.decode(bytes(text))).toEqual([expected]);
  });

  it.each([
    'a-1700000000000',
    'a-1700000000000-',
    '-1700000000000-5',
    'a-1700000000000-5-',
    'a-1700000000000---5',
    'a-1700000000000-1e3',
    'a-1700000000000-NaN',
    'a-1700000000000-.5',
    'a-17000000000000000-5',
    'a/b-1700000000000-5',
    ' a-1700000000000-5',
    'a-1700000000000-5\n\n',
  ])('refuses %j', (text) => {
    expect(() => textCodec.decode(bytes(text))).toThrow(
      expect.objectContaining({ code: 'DECODE_MALFORMED' }),
    );
  });

  it('refuses to write a time that would be read as seconds', () => {
    expect(() => textCodec.encode({ ...reading, ts: 99_999_999_999 })).toThrow(
      expect.objectContaining({ code: 'ENCODE_UNREPRESENTABLE' }),
    );
  });

  it.each([
    [1e21, '1000000000000000000000'],
    [-1.25e22, '-12500000000000000000000'],
    [1e-7, '0.0000001'],
    [-1.5e-7, '-0.00000015'],
    [123.25, '123.25'],
  ])('writes %d without an exponent', (value, text) => {
    expect(plainDecimal(value)).toBe(text);
  });
});
