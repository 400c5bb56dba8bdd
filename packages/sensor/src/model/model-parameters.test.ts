import { SuiteError } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { describeParameters, parseModelParameters, resolveSensorType, sensorTypes } from './index.js';

function problemsOf(run: () => unknown): SuiteError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(SuiteError);
    return error as SuiteError;
  }
  throw new Error('nothing was wrong');
}

describe('resolveSensorType', () => {
  it('knows names and aliases', () => {
    expect(resolveSensorType('temp').name).toBe('temperature');
    expect(resolveSensorType('temperature').name).toBe('temperature');
    expect(sensorTypes.map((type) => type.unit)).toEqual(['Cel', 'lx', '%RH', 'V']);
  });

  it('answers a near miss with the likely one', () => {
    const error = problemsOf(() => resolveSensorType('temprature'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe('there is no sensor type "temprature" (did you mean "temperature"?)');
    expect(error.hint).toContain('temperature, light, humidity, voltage');
  });
});

describe('parseModelParameters', () => {
  const temperature = resolveSensorType('temperature');

  it('fills in defaults and reads numbers from text', () => {
    const parameters = parseModelParameters(temperature, { amplitude: '2.5', timeZone: 'Europe/Berlin' });
    expect(parameters).toMatchObject({ amplitude: 2.5, timeZone: 'Europe/Berlin', base: 21 });
  });

  it('reports every problem at once, with name and likely name', () => {
    const error = problemsOf(() =>
      parseModelParameters(temperature, { ampltude: 1, noiseSd: 'much', roomSd: -1, timeZone: 'Mars/Base' }),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.problems.toSorted()).toEqual([
      'temperature.ampltude: no such parameter (did you mean "amplitude"?)',
      'temperature.noiseSd: "much" is not a number',
      'temperature.roomSd: -1 must be 0 to 50',
      'temperature.timeZone: "Mars/Base" is not a time zone; write Europe/Berlin, UTC or +02:00',
    ]);
  });

  it('finds parameters that contradict each other', () => {
    expect(
      problemsOf(() => parseModelParameters(resolveSensorType('voltage'), { empty: 4 })).problems,
    ).toEqual(['voltage.empty: must be below "full"']);
    const light = problemsOf(() =>
      parseModelParameters(resolveSensorType('light'), { workEndHour: 5, sunriseHour: 20 }),
    );
    expect(light.problems).toEqual([
      'light.workEndHour: must be after "workStartHour"',
      'light.sunsetHour: must be after "sunriseHour"',
    ]);
  });

  it('takes no name that objects have by themselves', () => {
    const error = problemsOf(() =>
      parseModelParameters(temperature, JSON.parse('{"__proto__":1,"toString":2}')),
    );
    expect(error.problems.length).toBeGreaterThan(0);
  });
});

it('describes a type by its own schema', () => {
  const rows = describeParameters(resolveSensorType('temperature'));
  expect(rows).toContainEqual({ name: 'base', initial: 21, description: 'mean over devices and days, °C' });
});
