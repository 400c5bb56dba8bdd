import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { namedConfigFile, unknownVariables } from './environment.js';
import { integerField, optional, switchField, textField, withDefault } from './field.js';
import { resolveConfig } from './load-config.js';
import { defineOptions } from './option.js';

const text = { schema: optional(textField()), description: '', group: 'All' };
const table = defineOptions({
  port: { ...text, flags: '--port <n>', schema: optional(integerField({ min: 1 })) },
  kafka: { ...text, flags: '--kafka <hosts>' },
  createTopics: { ...text, flags: '--no-create-topics', schema: withDefault(switchField(), true) },
  password: { ...text, flags: '--password <text>', secret: true },
  config: { ...text, flags: '--config <file>', flagOnly: true, variableToo: true },
  list: { ...text, flags: '--list', flagOnly: true },
});

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-environment-'));
afterAll(() => rmSync(folder, { recursive: true }));

const resolve = (env: Record<string, string>, flags: Record<string, unknown> = {}) =>
  resolveConfig({ table, prefix: 'X_GATEWAY', flags, env });
const unknown = (env: Record<string, string>): string[] =>
  unknownVariables({ prefix: 'X_GATEWAY', tables: [table], env, others: ['X_GATEWAY_TEST_'] });

describe('variables', () => {
  it('that are unknown are told, with the one that was meant, and those of others are not', () => {
    expect(
      unknown({
        X_GATEWAY_KAFKKA: 'k:9092',
        X_GATEWAY_NO_CREATE_TOPICS: 'true',
        X_GATEWAY_LIST: 'true',
        X_GATEWAY_WHATEVER: '1',
        X_GATEWAY_PASSWORD_FIEL: '/run/secrets/p',
        X_GATEWAY_TEST_ONLY: '1',
        X_KAFKA: 'k',
        X_GATEWAY: '1',
        PATH: '/bin',
      }),
    ).toEqual([
      'X_GATEWAY_KAFKKA: no such variable, it is ignored (did you mean X_GATEWAY_KAFKA?)',
      'X_GATEWAY_LIST: no such variable, it is ignored',
      'X_GATEWAY_NO_CREATE_TOPICS: no such variable, it is ignored (did you mean X_GATEWAY_CREATE_TOPICS?)',
      'X_GATEWAY_PASSWORD_FIEL: no such variable, it is ignored (did you mean X_GATEWAY_PASSWORD_FILE?)',
      'X_GATEWAY_WHATEVER: no such variable, it is ignored',
    ]);
    expect(unknown({ X_GATEWAY_KAFKA: 'k', X_GATEWAY_PASSWORD_FILE: 'p', X_GATEWAY_CONFIG: 'c' })).toEqual(
      [],
    );
  });

  it('that an orchestrator sets for a service of the same name are neither told nor taken for settings', () => {
    const injected = {
      X_GATEWAY_SERVICE_HOST: '10.0.0.1',
      X_GATEWAY_SERVICE_PORT: '1883',
      X_GATEWAY_SERVICE_PORT_MQTT: '1883',
      X_GATEWAY_PORT: 'tcp://10.0.0.1:1883',
      X_GATEWAY_PORT_1883_TCP: 'tcp://10.0.0.1:1883',
      X_GATEWAY_PORT_1883_TCP_PROTO: 'tcp',
      X_GATEWAY_PORT_1883_TCP_PORT: '1883',
      X_GATEWAY_PORT_1883_TCP_ADDR: '10.0.0.1',
      X_GATEWAY_NAME: '/sensor/gateway',
      X_GATEWAY_ENV_NODE_VERSION: '24',
    };
    expect(unknown(injected)).toEqual([]);
    expect(resolve(injected)).toMatchObject({ problems: [], sources: { port: 'default' } });
    expect(resolve({ X_GATEWAY_PORT: '1884' }).values.port).toBe(1_884);
    expect(resolve({ X_GATEWAY_PORT: 'nonsense' }).problems).toHaveLength(1);
  });

  it('that are empty say nothing', () => {
    const { values, sources } = resolve({
      X_GATEWAY_KAFKA: '',
      X_GATEWAY_PASSWORD: '',
      X_GATEWAY_PASSWORD_FILE: '',
    });
    expect([values.kafka, values.password]).toEqual([undefined, undefined]);
    expect(sources).toMatchObject({ kafka: 'default', password: 'default' });
  });

  it.each([
    ['that is missing', () => join(folder, 'none'), /^cannot read .*none: there is no such file$/],
    ['that is a folder', () => folder, /: it is a folder$/],
    [
      'that is empty',
      () => {
        const path = join(folder, 'empty');
        writeFileSync(path, '\n');
        return path;
      },
      /empty is empty$/,
    ],
  ])('name the file of a secret %s', (_, path, message) => {
    const { problems, sources } = resolve({ X_GATEWAY_PASSWORD_FILE: path() });
    expect(problems).toEqual([{ place: 'X_GATEWAY_PASSWORD_FILE', message: expect.stringMatching(message) }]);
    expect(sources.password).toBe('environment');
  });

  it('give a secret once', () => {
    const both = { X_GATEWAY_PASSWORD: 'a', X_GATEWAY_PASSWORD_FILE: join(folder, 'none') };
    expect(resolve(both).problems).toEqual([
      { place: 'X_GATEWAY_PASSWORD', message: 'give it, or X_GATEWAY_PASSWORD_FILE, not both' },
    ]);
    expect(resolve(both, { password: 'flag' }).problems).toEqual([]);
  });

  it('are named in contradictions, beside the flags that those name', () => {
    const { problems } = resolveConfig({
      table,
      prefix: 'X',
      flags: { port: '1' },
      env: { X_KAFKA: 'k', X_CREATE_TOPICS: 'no' },
      check: () => ['--kafka and --port: choose one', '--no-create-topics: not here'],
    });
    expect(problems).toEqual([
      { message: '--kafka and --port: choose one (X_KAFKA)' },
      { message: '--no-create-topics: not here (X_CREATE_TOPICS)' },
    ]);
  });

  it('name the settings file, unless a flag does', () => {
    expect(namedConfigFile('X', {}, { X_CONFIG: 'a.yaml' })).toBe('a.yaml');
    expect(namedConfigFile('X', { config: 'b.yaml' }, { X_CONFIG: 'a.yaml' })).toBe('b.yaml');
    expect(namedConfigFile('X', {}, { X_CONFIG: '' })).toBeUndefined();
  });

  it('of other names hold where nothing else says anything, and are named in problems', () => {
    const other = { kafka: { raw: 'old:9092', place: 'OLD_KAFKA' }, port: { raw: '0', place: 'OLD_PORT' } };
    const load = (env: Record<string, string>) =>
      resolveConfig({ table, prefix: 'X', flags: {}, env, otherNames: other });
    expect(load({}).values.kafka).toBe('old:9092');
    expect(load({}).problems).toEqual([{ place: 'OLD_PORT', message: '"0" must be at least 1' }]);
    expect(load({ X_KAFKA: 'new:9092', X_PORT: '5' })).toMatchObject({
      values: { kafka: 'new:9092', port: 5 },
      problems: [],
    });
  });
});
