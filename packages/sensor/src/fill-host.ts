import type { SensorOptions } from './options.js';

/** Settings that may hold `{host}`. */
const hostSettings = [
  'id',
  'seed',
  'clientId',
  'username',
  'topic',
  'statusTopic',
  'willTopic',
  'record',
] as const satisfies readonly (keyof SensorOptions)[];

/**
 * The settings with the machine's name in place of `{host}`: copies of one container, which share every setting, then have devices,
 * values and run folders of their own. It is filled in before anything else looks at the settings, so that manifest and summary name
 * the seed that was used, and the run can be repeated on any machine.
 * @param hostName of this machine; in a container its id, unless it was given a name
 */
export function fillHost<T extends Partial<SensorOptions>>(options: T, hostName: string): T {
  const filled: Partial<Record<(typeof hostSettings)[number], string>> = {};
  for (const name of hostSettings) {
    const value = options[name];
    if (value !== undefined) {
      filled[name] = value.replaceAll('{host}', () => hostName);
    }
  }
  return { ...options, ...filled };
}
