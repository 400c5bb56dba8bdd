import { type SensorOptions, sensorOptions, settingProblems } from 'sensorsim';
import { type ConfigSource, loadConfig, SuiteError } from 'sensorsim-shared';
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

/** What is wrong with settings that are each well formed. A setting that is itself wrong is undefined here. */
export function checkUpOptions(
  values: Partial<UpOptions>,
  sources: Readonly<Record<keyof UpOptions, ConfigSource>>,
): string[] {
  const problems: string[] = [];
  if (sources.rate !== 'default' && sources.delay !== 'default') {
    problems.push('--rate and --delay: the rate of the fleet decides the delay; give one of them');
  }
  if (values.port !== undefined && values.port === values.http) {
    problems.push(`--port and --http are both ${values.port}`);
  }
  try {
    fleetOptions(values, values.port ?? 1_883);
  } catch (error) {
    if (!(error instanceof SuiteError)) {
      throw error;
    }
    problems.push(...error.problems);
  }
  return problems;
}
