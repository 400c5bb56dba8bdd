import { didYouMean, SuiteError } from 'sensorsim-shared';
import type { SensorType } from './sensor-type.js';

/** One parameter of a type, for help and docs. */
export interface ParameterDescription {
  readonly name: string;
  readonly initial: number | string | boolean;
  readonly description: string;
}

/** A type's parameters with their defaults, in the order of its schema. */
export function describeParameters(type: SensorType): ParameterDescription[] {
  const initial = type.parameters.parse({}) as Record<string, number | string | boolean>;
  return Object.entries(type.parameters.shape).map(([name, schema]) => ({
    name,
    initial: initial[name] as number | string | boolean,
    description: (schema as { description?: string }).description ?? '',
  }));
}

/**
 * Checks a type's parameters and fills in the defaults.
 * @param given by name; numbers may be text, as from a flag
 * @throws {SuiteError} CONFIG_INVALID with every problem, each naming `type.parameter` and the likely name
 */
export function parseModelParameters(
  type: SensorType,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const result = type.parameters.safeParse(given);
  if (result.success) {
    return result.data;
  }
  const known = Object.keys(type.parameters.shape);
  const problems = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${type.name}.${key}: no such parameter${didYouMean(key, known)}`)
      : [`${[type.name, ...issue.path].join('.')}: ${issue.message}`],
  );
  throw new SuiteError('CONFIG_INVALID', `${type.name}: ${problems.length} of its parameters are wrong`, {
    problems,
    hint: `--list-types shows what ${type.name} takes.`,
  });
}
