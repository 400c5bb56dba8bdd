import { describe, expect, it } from 'vitest';
import { codecByContentType, codecByName, decodePayload, detectCodec } from './index.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const json = '{"id":"a","value":1,"ts":1700000000000}';
const legacyJson = '{"sensorID":"a","sensorType":"luxometer","value":1,"timestamp":1700000000}';

describe('codecs', () => {
  it('are found by name, with the nearest where there is none', () => {
    expect(codecByName('senml').contentType).toBe('application/senml+json');
    expect(() => codecByName('senlm')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('did you mean "senml"?'),
      }),
    );
    expect(() => codecByName('xml')).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('json, legacy-json, senml, senml-cbor, text'),
      }),
    );
  });

  it('are found by content type, whatever its case and parameters', () => {
    expect(codecByContentType('application/senml+cbor')?.name).toBe('senml-cbor');
    expect(codecByContentType('Application/JSON ; charset=utf-8')?.name).toBe('json');
    expect(codecByContentType('application/octet-stream')).toBeUndefined();
  });

  it.each([
    ['json', json],
    ['json', ` \n${json}`],
    ['legacy-json', legacyJson],
    ['legacy-json', `  ${legacyJson.replace('{', '{"daydate":20260101,')}`],
    ['senml', ' [{"n":"a","v":1}]'],
    ['senml-cbor', Buffer.from('81a2006161', 'hex').toString('latin1')],
    ['text', 'temp-0001-1700000000000-21'],
    [undefined, '21.5'],
    [undefined, 'ON'],
    [undefined, '-5'],
    [undefined, '\u0000'],
    [undefined, ''],
  ])('are told apart by the payload: %s', (name, text) => {
    expect(detectCodec(Buffer.from(text, 'latin1'))?.name).toBe(name);
  });
});

describe('decodePayload', () => {
  it('prefers the named codec, then the content type, then the look', () => {
    const codec = codecByName('senml');
    expect(() => decodePayload(bytes(json), { codec, contentType: 'application/json' })).toThrow(
      /array of SenML/,
    );
    expect(() => decodePayload(bytes(json), { contentType: 'application/senml+json' })).toThrow(
      /array of SenML/,
    );
    expect(decodePayload(bytes(json)).codec.name).toBe('json');
  });

  it('tells the two formats of application/json apart', () => {
    const contentType = 'application/json';
    expect(decodePayload(bytes(legacyJson), { contentType }).readings[0]?.type).toBe('light');
    expect(decodePayload(bytes(json), { contentType }).codec.name).toBe('json');
    expect(() => decodePayload(bytes('nonsense'), { contentType })).toThrow(/^the payload is not JSON/);
  });

  it('takes an unknown content type for none', () => {
    expect(decodePayload(bytes(json), { contentType: 'application/octet-stream' }).codec.name).toBe('json');
  });

  it('says that a payload looks like nothing known', () => {
    expect(() => decodePayload(bytes('21.5'))).toThrow(
      expect.objectContaining({
        code: 'DECODE_MALFORMED',
        message: expect.stringContaining('none of the formats json, legacy-json'),
      }),
    );
  });

  it('hands the time of arrival to formats with relative times', () => {
    expect(decodePayload(bytes('[{"n":"a","v":1}]'), { receivedAt: 42 }).readings).toEqual([
      { id: 'a', value: 1, ts: 42 },
    ]);
  });
});
