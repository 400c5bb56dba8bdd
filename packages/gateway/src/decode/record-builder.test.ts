import { codecByName } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { readingJson } from '../gateway.fixture.js';
import type { ReceivedMessage } from '../receive/receiver.js';
import { Decoder, type FormatRule } from './decoder.js';
import { formContentType } from './readings-form.js';
import { RecordBuilder, truncatedPayloadBytes } from './record-builder.js';
import { TopicNames } from './topic-name.js';

const maxPayloadBytes = 100_000;

function builder({
  rules = [] as FormatRule[],
  format = undefined as string | undefined,
  topic = 'r',
  maxTopics = 9,
} = {}) {
  return new RecordBuilder({
    decoder: new Decoder({ rules, maxPayloadBytes }),
    topics: new TopicNames(topic, maxTopics),
    deadLetterTopic: 'r.dead-letter',
    maxPayloadBytes,
    format: format === undefined ? undefined : codecByName(format),
  });
}

function message(payload: string | Uint8Array, more: Partial<ReceivedMessage> = {}): ReceivedMessage {
  return {
    source: 'mqtt',
    topic: 'sensors/temperature/temp-0001',
    payload: Buffer.from(payload as string),
    qos: 1,
    dup: false,
    clientId: 'device',
    receivedAt: 1_700_000_000_123.4,
    origin: {
      pendingRecords: 0,
      pendingBytes: 0,
      maxPendingRecords: 1,
      maxPendingBytes: 1,
      resume: () => {},
    },
    ...more,
  };
}

const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();

describe('hostile payloads become dead letters that say why', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  it.each([
    ['nothing', '', 'DECODE_EMPTY'],
    ['no format', 'hello', 'DECODE_MALFORMED'],
    ['JSON cut short', '{"id":"a"', 'DECODE_MALFORMED'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 'DECODE_MALFORMED'],
    ['NUL', Buffer.from([0, 0, 0, 0]), 'DECODE_MALFORMED'],
    ['deep nesting', deep.slice(0, maxPayloadBytes), 'DECODE_INVALID'],
    ['deep nesting in an object', `{"id":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, 'DECODE_INVALID'],
    ['a prototype', '{"__proto__":{"id":"a","value":1,"ts":1}}', 'DECODE_INVALID'],
    ['a constructor', '{"constructor":{"prototype":{"id":"a"}},"value":1,"ts":1}', 'DECODE_INVALID'],
    ['a number as text', '{"id":"a","value":"1","ts":1}', 'DECODE_INVALID'],
    ['an id with spaces', '{"id":"a b","value":1,"ts":1}', 'DECODE_INVALID'],
    ['an id too long', `{"id":"${'a'.repeat(129)}","value":1,"ts":1}`, 'DECODE_INVALID'],
    ['a number too large', '{"id":"a","value":1e999,"ts":1}', 'DECODE_INVALID'],
    ['a time that is none', '{"id":"a","value":1,"ts":-5}', 'DECODE_INVALID'],
    ['an array', '[1,2,3]', 'DECODE_INVALID'],
    ['null', 'null', 'DECODE_MALFORMED'],
    ['too much', Buffer.alloc(maxPayloadBytes + 1, 'x'), 'DECODE_TOO_LARGE'],
  ])('%s', (_, payload, code) => {
    const [record, ...more] = builder().build(message(payload));
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      topic: 'r.dead-letter',
      key: '',
      mqttTopic: 'sensors/temperature/temp-0001',
    });
    expect(record?.error).toEqual({ code, detail: expect.stringMatching(/./) });
    const kept = Buffer.from(payload as string);
    const expected = code === 'DECODE_TOO_LARGE' ? kept.subarray(0, truncatedPayloadBytes) : kept;
    expect(expected.equals(Buffer.from(record?.value as Uint8Array))).toBe(true);
  });
});

describe('what is understood', () => {
  it('goes on byte for byte, under its device', () => {
    const payload = ` ${readingJson(4)}\n`;
    const [record] = builder().build(message(payload, { qos: 2, dup: true }));
    expect(record).toMatchObject({
      topic: 'r',
      key: 'temp-0001',
      contentType: 'application/json',
      mqttQos: 2,
      mqttDup: true,
      mqttClientId: 'device',
      receivedAt: 1_700_000_000_123.4,
    });
    expect(record?.error).toBeUndefined();
    expect(text(record?.value)).toBe(payload);
  });

  it('is told by the rule of its topic before the content type, and by that before its looks', () => {
    const rules = [{ filter: 'old/#', codec: codecByName('text') }];
    const payload = '10.0-1700000000000-21.5';
    const json = builder({ rules }).build(message(payload, { contentType: 'application/json' }))[0];
    expect(json?.error?.code).toBe('DECODE_MALFORMED');
    const byRule = builder({ rules }).build(
      message(payload, { topic: 'old/x', contentType: 'application/json' }),
    )[0];
    expect(byRule).toMatchObject({ key: '10.0', contentType: 'text/plain' });
    expect(builder().build(message(payload))[0]).toMatchObject({ key: '10.0', contentType: 'text/plain' });
  });

  const pack = (second: string): string =>
    `[{"bn":"dev-1","bt":1700000000,"v":1},{"bn":"${second}","t":1,"v":2}]`;

  it('as a pack of one device goes on whole', () => {
    const records = builder().build(message(pack('dev-1')));
    expect(records.map(({ key, value }) => [key, text(value)])).toEqual([['dev-1', pack('dev-1')]]);
  });

  it('as a pack of several devices has no one key: a dead letter', () => {
    const [record] = builder().build(message(pack('dev-2')));
    expect(record).toMatchObject({ key: 'dev-1', error: { code: 'DECODE_SEVERAL_DEVICES' } });
    expect(record?.error?.detail).toContain('dev-1 and dev-2');
  });

  it('is written anew with --format, a record for each reading', () => {
    const records = builder({ format: 'text' }).build(message(pack('dev-2')));
    expect(records.map(({ key, value, contentType }) => [key, text(value), contentType])).toEqual([
      ['dev-1', 'dev-1-1700000000000-1', 'text/plain'],
      ['dev-2', 'dev-2-1700000001000-2', 'text/plain'],
    ]);
  });

  it('is a dead letter where the format wants what the reading lacks', () => {
    const [record] = builder({ format: 'legacy-json' }).build(
      message('{"id":"a","value":1,"ts":1700000000000}'),
    );
    expect(record?.error).toEqual({ code: 'DECODE_INVALID', detail: expect.stringContaining('no type') });
  });

  it('is a dead letter where it would need one topic too many', () => {
    const records = builder({ topic: '{3}', maxTopics: 1 });
    expect(records.build(message(readingJson()))[0]).toMatchObject({ topic: 'temp-0001' });
    const [record] = records.build(message(readingJson(), { topic: 'sensors/temperature/other' }));
    expect(record).toMatchObject({
      topic: 'r.dead-letter',
      key: 'temp-0001',
      error: { code: 'GATEWAY_TOO_MANY_TOPICS' },
    });
  });
});

describe('the 2018 form', () => {
  const form = 'temp=18&lux=178&id=simsensor001&timestamp=1795492016&daydate=20261124';
  const post = (query: string) => message(query, { source: 'http', contentType: formContentType });

  it('becomes a JSON reading for each value', () => {
    const records = builder().build(post(form));
    expect(records.map(({ key, value, contentType }) => [key, text(value), contentType])).toEqual([
      [
        'simsensor001',
        '{"id":"simsensor001","type":"temperature","value":18,"unit":"Cel","ts":1795492016000}',
        'application/json',
      ],
      [
        'simsensor001',
        '{"id":"simsensor001","type":"light","value":178,"unit":"lx","ts":1795492016000}',
        'application/json',
      ],
    ]);
  });

  it('becomes what the 2018 consumers read', () => {
    expect(
      builder({ format: 'text' })
        .build(post('id=10.0.0.1&timestamp=1700000000000&value=21.5'))
        .map(({ value }) => text(value)),
    ).toEqual(['10.0.0.1-1700000000000-21.5']);
    expect(
      builder({ format: 'legacy-json' })
        .build(post(form))
        .map(({ value }) => text(value)),
    ).toEqual([
      '{"sensorID":"simsensor001","sensorType":"room_temperature","value":18,"timestamp":1795492016,"daydate":20261124}',
      '{"sensorID":"simsensor001","sensorType":"luxometer","value":178,"timestamp":1795492016,"daydate":20261124}',
    ]);
  });

  it.each([
    ['', 'DECODE_EMPTY', 'empty'],
    ['id=a&timestamp=1', 'DECODE_INVALID', 'neither value'],
    ['timestamp=1&value=1', 'DECODE_INVALID', 'id must be'],
    ['id=a&value=1', 'DECODE_INVALID', 'timestamp must be'],
    ['id=a&timestamp=1e9&value=1', 'DECODE_INVALID', 'timestamp must be'],
    ['id=a&timestamp=1&value=', 'DECODE_INVALID', 'value must be'],
    ['id=a&timestamp=1&value=NaN', 'DECODE_INVALID', 'value must be'],
    ['id=a&timestamp=1&value=0x10', 'DECODE_INVALID', 'value must be'],
    ['id=a&timestamp=1&value=1e999', 'DECODE_INVALID', 'value must be'],
    ['id=a&id=b&timestamp=1&value=1', 'DECODE_INVALID', 'id is there 2 times'],
    ['id=a%00b&timestamp=1&value=1', 'DECODE_INVALID', 'id must be'],
    ['id=%ff%fe&timestamp=1&value=1', 'DECODE_INVALID', 'id must be'],
    ['id=<script>&timestamp=1&value=1', 'DECODE_INVALID', 'id must be'],
  ])('%s is a dead letter', (query, code, detail) => {
    const [record] = builder().build(post(query));
    expect(record).toMatchObject({ topic: 'r.dead-letter', contentType: formContentType });
    expect(record?.error).toEqual({ code, detail: expect.stringContaining(detail) });
    expect(text(record?.value)).toBe(query);
  });
});
