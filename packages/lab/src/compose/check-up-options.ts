import { type ConfigSource, SuiteError } from 'sensorsim-shared';
import { kafkaProblems } from '../kafka-options.js';
import { fleetOptions } from './fleet-options.js';
import { gatewaySettings } from './gateway-settings.js';
import type { UpOptions } from './up-options.js';

/** What is wrong with settings that are each well formed. A setting that is itself wrong is undefined here. */
export function checkUpOptions(
  values: Partial<UpOptions>,
  sources: Readonly<Record<keyof UpOptions, ConfigSource>>,
): string[] {
  const problems = kafkaProblems(values, sources);
  if (sources.rate !== 'default' && sources.delay !== 'default') {
    problems.push('--rate and --delay: the rate of the fleet decides the delay; give one of them');
  }
  if (values.port !== undefined && values.port === values.http) {
    problems.push(`--port and --http are both ${values.port}`);
  }
  const { port: mqttPort = 1_883, http: httpPort = 9_464 } = values;
  // What the lab finds wrong with a setting of a part, the part finds too.
  return [
    ...new Set([
      ...problems,
      ...problemsOf(() => fleetOptions(values, mqttPort)),
      ...problemsOf(() => gatewaySettings({ options: values, runId: '', directory: '', mqttPort, httpPort })),
    ]),
  ];
}

/** Every problem that a part finds in its own settings. */
function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (error instanceof SuiteError) {
      return error.problems;
    }
    throw error;
  }
}
