import { type ConfigSource, didYouMean, problemText, resolveConfig, SuiteError } from 'sensorsim-shared';
import { type SensorOptions, sensorOptions } from '../options.js';
import { settingProblems } from '../settings-check.js';
import { type FleetTask, fleetProtocol } from './fleet-messages.js';

/** The settings of a task, as this program understands them. */
export interface CheckedTask {
  /** One of `fleets`. */
  readonly options: SensorOptions;
  readonly fleets: readonly SensorOptions[];
}

/**
 * The lab has checked its settings, but with a table that may be another version's, and without the files that are here.
 * @throws {SuiteError} FLEET_MISMATCH: another version's task; CONFIG_INVALID with everything that is wrong with the settings
 */
export function checkTask(task: FleetTask): CheckedTask {
  const { protocol, fleets, own, attacks } = task;
  if (protocol !== fleetProtocol) {
    throw new SuiteError(
      'FLEET_MISMATCH',
      `the lab speaks version ${protocol} of the fleet's protocol, and this fleet version ${fleetProtocol}`,
    );
  }
  if (!Array.isArray(fleets) || !Array.isArray(attacks) || !isRecord(fleets[own])) {
    throw new SuiteError('FLEET_MISMATCH', 'the task names no fleet that is to be played');
  }
  const problems: string[] = [];
  const checked = fleets.map((options, place) => {
    const found = resolve(options, place === own);
    problems.push(...found.problems);
    return found.values;
  });
  if (problems.length > 0) {
    throw new SuiteError('CONFIG_INVALID', 'the fleet cannot be made', { problems });
  }
  return { options: checked[own] as SensorOptions, fleets: checked };
}

function resolve(
  options: SensorOptions,
  isOwn: boolean,
): { readonly values: SensorOptions; readonly problems: string[] } {
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(sensorOptions, name));
  const { values, problems } = resolveConfig({
    table: sensorOptions,
    prefix: 'SENSORSIM',
    flags: options,
    env: {},
    // What contradicts what is the lab's to see; whether files are there is seen here.
    check: (found) => (isOwn ? settingProblems(found, allDefault) : []),
  });
  return {
    values: values as SensorOptions,
    problems: [
      ...unknown.map((name) => `${name}: is no setting${didYouMean(name, Object.keys(sensorOptions))}`),
      ...problems.map(problemText),
      ...(isOwn ? refused(values) : []),
    ],
  };
}

function refused({ workers = 1, out }: Partial<SensorOptions>): string[] {
  return [
    ...(workers > 1
      ? ['--workers: a fleet that a lab conducts has one thread; divide it by --shard over several programs']
      : []),
    ...(out === '-' ? ["--out: standard output is the lab's; name a file"] : []),
  ];
}

const allDefault = Object.fromEntries(Object.keys(sensorOptions).map((name) => [name, 'default'])) as Record<
  keyof typeof sensorOptions,
  ConfigSource
>;

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
