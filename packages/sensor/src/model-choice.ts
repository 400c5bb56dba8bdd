import { didYouMean, messageOf, SuiteError } from 'sensorsim-shared';
import {
  loadRecordedSeries,
  parseModelParameters,
  recordedType,
  resolveSensorType,
  type SensorType,
} from './model/index.js';
import type { SensorOptions } from './options.js';

/** A type of the fleet, and the parameters of its devices' models. */
export interface ModelChoice {
  readonly type: SensorType;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type ModelOptions = Pick<
  SensorOptions,
  'type' | 'set' | 'model' | 'timeColumn' | 'valueColumn' | 'interpolation' | 'loop' | 'spread'
>;

/** The types that `--type` and `--set` name; what is wrong with them is added to `problems`, in words. */
export function chooseModels(options: Pick<ModelOptions, 'type' | 'set'>, problems: string[]): ModelChoice[] {
  const types: SensorType[] = [];
  for (const name of options.type) {
    try {
      const type = resolveSensorType(name);
      if (types.includes(type)) {
        problems.push(`--type: ${type.name} stands there twice; --count says how many devices`);
      }
      types.push(type);
    } catch (error) {
      problems.push(`--type: ${messageOf(error)}`);
    }
  }
  const given = givenParameters(options.set, types, problems);
  return types.flatMap((type) => {
    try {
      return [{ type, parameters: parseModelParameters(type, given.get(type) ?? {}) }];
    } catch (error) {
      const details =
        error instanceof SuiteError && error.problems.length > 0 ? error.problems : [messageOf(error)];
      problems.push(...details.map((detail) => `--set: ${detail}`));
      return [];
    }
  });
}

function givenParameters(
  settings: readonly string[],
  types: readonly SensorType[],
  problems: string[],
): Map<SensorType, Record<string, unknown>> {
  const given = new Map<SensorType, Record<string, unknown>>();
  for (const setting of settings) {
    const match = /^(?:([^.=]+)\.)?([^.=]+)=(.*)$/s.exec(setting);
    if (match === null) {
      problems.push(`--set: "${setting}" is not type.parameter=value`);
      continue;
    }
    const [, owner, name = '', value] = match;
    // Without a type, a parameter is for every type of the fleet.
    const owners =
      owner === undefined
        ? types
        : types.filter((type) => type.name === owner || type.aliases.includes(owner));
    if (owner !== undefined && owners.length === 0) {
      const names = types.map((type) => type.name);
      problems.push(`--set: "${owner}" is no type of this fleet${didYouMean(owner, names)}`);
    }
    for (const type of owners) {
      given.set(type, { ...given.get(type), [name]: value });
    }
  }
  return given;
}

/**
 * The models of a fleet, a recording read where `--model` names one.
 * @throws {SuiteError} CONFIG_INVALID; CONFIG_UNREADABLE: a recording that is missing or malformed
 */
export async function loadModels(options: ModelOptions): Promise<ModelChoice[]> {
  const problems: string[] = [];
  const choices = chooseModels(options, problems);
  if (problems.length > 0) {
    throw new SuiteError('CONFIG_INVALID', 'the models cannot be made', { problems });
  }
  if (options.model === undefined) {
    return choices;
  }
  const { type } = choices[0] as ModelChoice;
  const series = await loadRecordedSeries({
    path: options.model,
    ...(options.timeColumn !== undefined && { timeColumn: columnOf(options.timeColumn) }),
    ...(options.valueColumn !== undefined && { valueColumn: columnOf(options.valueColumn) }),
    ...(options.interpolation !== undefined && { interpolation: options.interpolation }),
    ...(options.spread !== undefined && { phaseSpreadMs: options.spread }),
    loop: options.loop,
  });
  return [{ type: recordedType(type, series), parameters: {} }];
}

function columnOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}
