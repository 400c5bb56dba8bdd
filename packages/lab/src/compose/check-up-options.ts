import { type ConfigSource, longFlagOf, SuiteError } from 'sensorsim-shared';
import { kafkaOptions } from '../kafka-options.js';
import { fleetOptions } from './fleet-options.js';
import { gatewaySettings } from './gateway-settings.js';
import type { UpOptions } from './up-options.js';

/** What is wrong with settings that are each well formed. A setting that is itself wrong is undefined here. */
export function checkUpOptions(
  values: Partial<UpOptions>,
  sources: Readonly<Record<keyof UpOptions, ConfigSource>>,
): string[] {
  const problems = kafkaMissing(values, sources);
  if (sources.rate !== 'default' && sources.delay !== 'default') {
    problems.push('--rate and --delay: the rate of the fleet decides the delay; give one of them');
  }
  if (values.port !== undefined && values.port === values.http) {
    problems.push(`--port and --http are both ${values.port}`);
  }
  const { port: mqttPort = 1_883, http: httpPort = 9_464 } = values;
  return [
    ...problems,
    ...problemsOf(() => fleetOptions(values, mqttPort)),
    ...problemsOf(() => gatewaySettings({ options: values, runId: '', directory: '', mqttPort, httpPort })),
  ];
}

/** Settings of a Kafka that is not named. */
export function kafkaMissing(
  values: { readonly kafka?: readonly string[] | undefined },
  sources: Readonly<Record<keyof typeof kafkaOptions, ConfigSource>>,
): string[] {
  const given = Object.entries(kafkaOptions).filter(
    ([name]) => sources[name as keyof typeof kafkaOptions] === 'flag' && name !== 'kafka',
  );
  return values.kafka === undefined && sources.kafka === 'default'
    ? given.map(([, option]) => `${longFlagOf(option)}: needs --kafka`)
    : [];
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
