import fc from 'fast-check';
import { expect, it } from 'vitest';
import { legalTopicName, TopicNames } from './topic-name.js';

const reading = { id: 'temp-0001', type: 'temperature', value: 1, ts: 1 };

it.each([
  ['sensor-readings', 'sensors/temperature/temp-0001', 'sensor-readings'],
  ['readings-{2}', 'sensors/temperature/temp-0001', 'readings-temperature'],
  ['{1}.{3}', 'sensors/temperature/a b/c', 'sensors.a_b'],
  ['{type}-{id}', 'x', 'temperature-temp-0001'],
  ['readings-{4}', 'sensors/temperature/temp-0001', 'readings-_'],
  ['{1}', '..', '_'],
  ['{1}', 'ä', '_'],
])('%s for %s is %s', (template, topic, name) => {
  expect(new TopicNames(template, 10).of(topic, reading)).toBe(name);
});

it('makes no more topics than allowed, and keeps those it made', () => {
  const names = new TopicNames('r-{1}', 2);
  expect(['a', 'b', 'c', 'a'].map((topic) => names.of(topic, reading))).toEqual([
    'r-a',
    'r-b',
    undefined,
    'r-a',
  ]);
});

it('makes legal names of anything', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      expect(legalTopicName(text)).toMatch(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/);
    }),
  );
});

it('refuses a placeholder that does not exist', () => {
  expect(() => new TopicNames('r-{room}', 1)).toThrow('is not a template');
});
