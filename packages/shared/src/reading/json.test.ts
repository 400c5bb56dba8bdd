import { describe, expect, it } from 'vitest';
import { jsonCodec } from './json.js';

const decode = (text: string) => jsonCodec.decode(new TextEncoder().encode(text));
const whole =
  '{"id":"temp-0001","type":"temperature","value":21.34,"unit":"Cel","ts":1700000000000,"seq":17}';
const parsed = {
  id: 'temp-0001',
  type: 'temperature',
  value: 21.34,
  unit: 'Cel',
  ts: 1_700_000_000_000,
  seq: 17,
};

describe('json', () => {
  it('writes the documented bytes', () => {
    expect(jsonCodec.encode(parsed)).toBe(whole);
  });

  it.each([
    ['as we write it', whole],
    [
      'in another order',
      '{"seq":17,"ts":1700000000000,"unit":"Cel","value":21.34,"type":"temperature","id":"temp-0001"}',
    ],
    ['with white space', ` \r\n\t${whole.replaceAll(',', ' ,\n ')} `],
    ['with keys of its own, which are left out', whole.replace('{', '{"battery":3.1,"__proto__":{"x":1},')],
    ['with escapes', whole.replace('temp-0001', '\\u0074emp-0001')],
    ['with another spelling of the number', whole.replace('21.34', '2134E-2')],
  ])('reads a reading %s', (_how, text) => {
    const [reading] = decode(text);
    expect(reading).toEqual(parsed);
    expect(Object.keys(reading as object)).toEqual(['id', 'type', 'value', 'unit', 'ts', 'seq']);
  });

  it('takes what carries id, value and ts alone', () => {
    expect(decode('{"id":"a","value":-0.5,"ts":0}')).toEqual([{ id: 'a', value: -0.5, ts: 0 }]);
  });

  it.each([
    ['id', whole.replace('"temp-0001"', '""'), 'is ""'],
    ['id', whole.replace('temp-0001', 'a'.repeat(129)), 'is "aaa'],
    ['id', whole.replace('temp-0001', 'a/b'), 'is "a/b"'],
    ['id', whole.replace('temp-0001', 'ä'), 'is "ä"'],
    ['id', whole.replace('"temp-0001"', '17'), 'is 17'],
    ['id', whole.replace('"id":"temp-0001",', ''), 'is missing'],
    ['value', whole.replace('21.34', '"21.34"'), 'is "21.34"'],
    ['value', whole.replace('21.34', '1e999'), 'is Infinity'],
    ['value', whole.replace('21.34', 'null'), 'is null'],
    ['value', whole.replace('21.34', '{"a":1}'), 'is an object'],
    ['ts', whole.replace('1700000000000', '1700000000000.5'), 'is 1700000000000.5'],
    ['ts', whole.replace('1700000000000', '-1'), 'is -1'],
    ['ts', whole.replace('1700000000000', '9007199254740992'), 'is 9007199254740992'],
    ['type', whole.replace('temperature', 'Temp'), 'is "Temp"'],
    ['type', whole.replace('temperature', 'a'.repeat(65)), 'is "aaa'],
    ['unit', whole.replace('Cel', ''), 'is ""'],
    ['unit', whole.replace('Cel', 'u'.repeat(33)), 'is "uuu'],
    ['seq', whole.replace('17}', '-1}'), 'is -1'],
    ['seq', whole.replace('17}', '1.5}'), 'is 1.5'],
    ['seq', whole.replace('17}', 'true}'), 'is true'],
  ])('names the field that is wrong: %s', (field, text, shown) => {
    expect(() => decode(text)).toThrow(
      expect.objectContaining({ code: 'DECODE_INVALID', message: expect.stringContaining(shown) }),
    );
    expect(() => decode(text)).toThrow(new RegExp(`^${field} must be `));
  });

  it.each([
    ['NaN', whole.replace('21.34', 'NaN')],
    ['a leading zero', whole.replace('21.34', '021.34')],
    ['a bare point', whole.replace('21.34', '21.')],
    ['two readings', `${whole}${whole}`],
    ['half a reading', whole.slice(0, 40)],
    ['a byte order mark', `\ufeff${whole}`],
    ['a NUL at the end', `${whole}\u0000`],
    ['an array', `[${whole}]`],
  ])('refuses %s', (_what, text) => {
    expect(() => decode(text)).toThrow(expect.objectContaining({ code: 'DECODE_MALFORMED' }));
  });
});
