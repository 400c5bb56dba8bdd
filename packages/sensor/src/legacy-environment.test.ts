import { resolveConfig } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { readLegacyEnvironment } from './legacy-environment.js';
import { sensorOptions } from './options.js';

const all = {
  PI_IP: '10.0.0.5',
  PI_PORT: '1880',
  NUM_MSG: '20',
  SENSOR_ID: 'IoTProducer1_IoT_temperature_sensor_1_3000',
  DELAY: '100000',
};

function read(env: Record<string, string>, flags: Record<string, unknown> = {}) {
  const given = resolveConfig({ table: sensorOptions, prefix: 'SENSORSIM', flags, env });
  const found = readLegacyEnvironment(env, given);
  const settings = Object.entries(found?.settings ?? {}).map(([name, { raw }]) => [name, raw]);
  return { ...found, settings: Object.fromEntries(settings) as Record<string, string> };
}

describe('the environment of 2018', () => {
  it('is read as host, port, limit, id and delay, and posts the form', () => {
    const { settings, note, problems } = read(all);
    expect(settings).toEqual({
      post: 'http://10.0.0.5:1880/readings-form',
      id: all.SENSOR_ID,
      seed: all.SENSOR_ID,
      limit: '20',
      delay: '100',
    });
    expect(problems).toEqual([]);
    expect(note).toBe(
      `by the variables of 2018: posts the form to http://10.0.0.5:1880/readings-form, id ${all.SENSOR_ID}, 20 readings, every 100 ms`,
    );
  });

  it('is nothing where none of its variables says anything', () => {
    const given = resolveConfig({ table: sensorOptions, prefix: 'SENSORSIM', flags: {}, env: {} });
    expect(readLegacyEnvironment({ PI_IP: '', DELAY: ' ', PATH: '/bin' }, given)).toBeUndefined();
  });

  it.each(Object.keys(all))('says in its line what it takes in place of a missing %s', (missing) => {
    const { [missing]: _, ...env } = all as Record<string, string>;
    const { note, problems } = read(env);
    expect(problems).toEqual([]);
    expect(note).toMatch(new RegExp(`; not set: ${missing} \\(`));
  });

  it('takes all defaults where one variable alone is set', () => {
    const { settings, note } = read({ NUM_MSG: '1' });
    expect(settings).toEqual({
      post: 'http://127.0.0.1:1880/readings-form',
      id: '{host}',
      seed: '{host}',
      limit: '1',
      delay: '1000',
    });
    expect(note).toContain('PI_IP (127.0.0.1), PI_PORT (1880), SENSOR_ID (the host name), DELAY (1000000)');
  });

  it.each(['1883', '8883'])('speaks MQTT to port %s, and says so', (port) => {
    const { settings, note } = read({ ...all, PI_PORT: port });
    expect(settings).toMatchObject({ host: '10.0.0.5', port });
    expect(settings.post).toBeUndefined();
    expect(note).toContain(`publishes to 10.0.0.5 port ${port} over MQTT`);
  });

  it.each([
    ['gateway', 'http://gateway:1880/readings-form'],
    ['lab_gateway_1', 'http://lab_gateway_1:1880/readings-form'],
    ['pi.example.org', 'http://pi.example.org:1880/readings-form'],
    ['fd00::5', 'http://[fd00::5]:1880/readings-form'],
    ['[fd00::5]', 'http://[fd00::5]:1880/readings-form'],
  ])('takes PI_IP %s', (host, url) => {
    expect(read({ ...all, PI_IP: host }).settings.post).toBe(url);
  });

  it('gives each of several devices an id and readings of its own', () => {
    const { settings, note } = read({ ...all, SENSORSIM_COUNT: '3' });
    expect(settings).toMatchObject({ id: `${all.SENSOR_ID}.{i}`, limit: '60' });
    expect(note).toContain('20 readings a device');
    expect(read({ ...all, SENSORSIM_COUNT: '3', SENSOR_ID: 'old-{n}' }).settings.id).toBe('old-{n}');
    expect(read({ ...all, SENSORSIM_COUNT: '3', SENSOR_ID: '{host}' }).settings.id).toBe('{host}.{i}');
  });

  it('gives way to flags and variables of today, and says which of its own are not used', () => {
    const { settings, note } = read(
      { ...all, SENSORSIM_BROKER: 'mqtt://gateway', SENSORSIM_ID: 'new' },
      { rate: '5', limit: '7' },
    );
    expect(settings).toEqual({});
    for (const text of [
      'PI_IP (there is --broker',
      'PI_PORT (there is --broker',
      'SENSOR_ID (there is --id',
      'NUM_MSG (there is --limit',
      'DELAY (there is --rate',
    ]) {
      expect(note).toContain(text);
    }
  });

  it('reports every nonsense by its variable', () => {
    const { problems, settings } = read({
      PI_IP: 'http://10.0.0.5:1880',
      PI_PORT: '99999',
      NUM_MSG: '-5',
      SENSOR_ID: 'a/b c',
      DELAY: '0.5s',
    });
    expect(problems?.map((problem) => problem.split(':')[0])).toEqual([
      'PI_IP',
      'PI_PORT',
      'SENSOR_ID',
      'NUM_MSG',
      'DELAY',
    ]);
    expect(settings).toEqual({});
  });

  it.each([
    ['NUM_MSG', '0', 'of at least 1; leave it out to send without end'],
    ['NUM_MSG', '1e3', 'of at least 1'],
    ['DELAY', '0', 'from 1 to 31622400000000 microseconds'],
    ['DELAY', '99999999999999999999', 'microseconds'],
    ['PI_PORT', '0', 'from 1 to 65535'],
    ['PI_PORT', '1880/tcp', 'from 1 to 65535'],
    ['PI_IP', '10.0.0.5:1880', "the port is PI_PORT's"],
  ])('refuses %s=%s', (name, value, problem) => {
    expect(read({ ...all, [name]: value }).problems).toEqual([expect.stringMatching(problem)]);
  });
});
