import { type SensorOptions, sensorOptions, settingProblems } from 'sensorsim';
import { loadConfig } from 'sensorsim-shared';
import { host } from './host.js';
import type { UpOptions } from './up-options.js';

/**
 * The sensors' settings: those that the lab offers, and its broker.
 * @throws {SuiteError} CONFIG_INVALID with everything that the sensors find wrong
 */
export function fleetOptions(options: Partial<UpOptions>, mqttPort: number): SensorOptions {
  const { type, count, rate, jitter, seed, set, format, qos, limit, duration } = options;
  // The lab's own default delay must not contradict a rate.
  const delay = rate === undefined ? options.delay : undefined;
  const own = { type, count, delay, rate, jitter, seed, set, format, qos, limit, duration };
  return loadConfig({
    table: sensorOptions,
    prefix: 'SENSORSIM',
    flags: { ...own, broker: `mqtt://${host}:${mqttPort}` },
    env: {},
    check: settingProblems,
  }).values;
}
