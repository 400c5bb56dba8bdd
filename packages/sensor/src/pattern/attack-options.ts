import {
  type AttackSpec,
  defineOptions,
  durationField,
  integerField,
  listField,
  messageOf,
  type OptionValues,
  type PatternUse,
  SuiteError,
  type TargetSpec,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { z } from 'zod';
import { patterns, resolvePattern } from './index.js';
import { describePattern } from './pattern-parameters.js';

const group = 'Patterns';

/** Several texts, of which commas belong to the text: in a variable they are divided by semicolons. */
const texts = z.preprocess(
  (raw) =>
    typeof raw === 'string' ? raw.split(';').map((part) => part.trim()) : Array.isArray(raw) ? raw : [raw],
  z.array(textField((text) => (text === '' ? 'is empty' : undefined))),
) as unknown as z.ZodType<string[]>;

/** The settings of patterns that are played upon a fleet. */
export const attackOptions = defineOptions({
  attack: {
    flags: '--attack <pattern[:name=value,…]>',
    complete: patterns.map(({ name }) => name),
    schema: withDefault(texts, []),
    description:
      'play a pattern, as data.bias:offset=3; repeat it to stack several (in the variable with ; between them); see --list-patterns and --explain',
    group,
    list: true,
  },
  attackAt: {
    flags: '--attack-at <duration>',
    schema: withDefault(listField(durationField({ min: 0 })), []),
    shownDefault: '0s',
    description: 'when it begins, after the start; once for all patterns, or once for each in their order',
    group,
    list: true,
  },
  attackFor: {
    flags: '--attack-for <duration>',
    schema: withDefault(listField(durationField({ min: 1 })), []),
    shownDefault: "the pattern's own",
    description: 'how long it lasts; once for all patterns, or for each',
    group,
    list: true,
  },
  attackEvery: {
    flags: '--attack-every <duration>',
    schema: withDefault(listField(durationField({ min: 1 })), []),
    shownDefault: 'once',
    description: 'it comes again, from onset to onset; once for all patterns, or for each',
    group,
    list: true,
  },
  attackTimes: {
    flags: '--attack-times <n>',
    schema: withDefault(listField(integerField({ min: 1 })), []),
    shownDefault: 'until the run ends',
    description: 'how often, with --attack-every; once for all patterns, or for each',
    group,
    list: true,
  },
  attackRamp: {
    flags: '--attack-ramp <duration>',
    schema: withDefault(listField(durationField({ min: 0 })), []),
    shownDefault: '0s',
    description: 'its strength grows over this; once for all patterns, or for each',
    group,
    list: true,
  },
  attackTargets: {
    flags: '--attack-targets <devices>',
    schema: withDefault(texts, []),
    shownDefault: "the pattern's own",
    description:
      'ids, #1,#3-5 (places in the fleet), 10% (a share), 3 (so many at random), room=room-1, room=* (one at random); for all patterns, or for each',
    group,
    list: true,
  },
});

/** The names of these settings. */
export const attackNames = Object.keys(attackOptions) as readonly (keyof typeof attackOptions)[];

type AttackOptions = OptionValues<typeof attackOptions>;

/**
 * What the flags of patterns ask for.
 * @param problems what is wrong with them is added here, in words
 */
export function attackSpecsOf(options: AttackOptions, problems: string[] = []): AttackSpec[] {
  const { attack } = options;
  const nth = <T>(name: string, values: readonly T[], index: number): T | undefined => {
    if (index === 0 && values.length > 1 && values.length !== attack.length) {
      problems.push(
        `--${name}: ${values.length} values for ${attack.length} patterns; give one, or one for each`,
      );
    }
    return values.length === 1 ? values[0] : values[index];
  };
  const specs = attack.flatMap((text, index): AttackSpec[] => {
    try {
      const targets = nth('attack-targets', options.attackTargets, index);
      return [
        {
          id: `a${index + 1}`,
          ...useOf(text),
          atMs: nth('attack-at', options.attackAt, index) ?? 0,
          forMs: nth('attack-for', options.attackFor, index),
          everyMs: nth('attack-every', options.attackEvery, index),
          times: nth('attack-times', options.attackTimes, index),
          rampMs: nth('attack-ramp', options.attackRamp, index),
          targets: targets === undefined ? undefined : targetsOf(targets),
        },
      ];
    } catch (error) {
      problems.push(
        `--attack: ${error instanceof SuiteError ? `${error.message}. ${error.hint}` : messageOf(error)}`,
      );
      return [];
    }
  });
  for (const { id, everyMs, forMs, pattern, times } of specs) {
    if (times !== undefined && everyMs === undefined) {
      problems.push(`--attack-times: ${id} (${pattern}) comes once; give --attack-every too`);
    }
    const lengthMs = forMs ?? patterns.find(({ name }) => name === pattern)?.forMs ?? 0;
    if (everyMs !== undefined && everyMs < lengthMs) {
      problems.push(
        `--attack-every: ${id} (${pattern}) would come again before it ends; raise it, or lower --attack-for`,
      );
    }
  }
  if (attack.length === 0) {
    for (const name of ['At', 'For', 'Every', 'Times', 'Ramp', 'Targets'] as const) {
      if (options[`attack${name}`].length > 0) {
        problems.push(`--attack-${name.toLowerCase()} needs --attack`);
      }
    }
  }
  return specs;
}

/** `pattern:name=value,…`, where a list goes on over commas, as `filters=#,$SYS/#`; behind a gate, `around` names the pattern that takes the parameters the gate has none of. */
function useOf(text: string): PatternUse & Pick<AttackSpec, 'around'> {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const pattern = resolvePattern(name);
  const given = new Map<string, string>();
  const lists = describePattern(pattern).filter(({ initial }) => Array.isArray(initial));
  let list: string | undefined;
  for (const setting of colon < 0 ? [] : text.slice(colon + 1).split(',')) {
    const equals = setting.indexOf('=');
    if (equals < 1 && list !== undefined) {
      given.set(list, `${given.get(list)},${setting.trim()}`);
      continue;
    }
    if (equals < 1) {
      throw new SuiteError('CONFIG_INVALID', `"${setting}" in "${text}" is not name=value`, {
        hint: `As ${name}:name=value,name=value; see --explain ${name}.`,
      });
    }
    const parameter = setting.slice(0, equals).trim();
    if (given.has(parameter) || parameter === '__proto__') {
      const why = given.has(parameter) ? 'stands twice' : 'is no name of a parameter';
      throw new SuiteError('CONFIG_INVALID', `"${parameter}" in "${text}" ${why}`, {
        hint: `See --explain ${name}.`,
      });
    }
    given.set(parameter, setting.slice(equals + 1).trim());
    list = lists.some((one) => one.name === parameter) ? parameter : undefined;
  }
  const parameters = Object.fromEntries(given);
  if (pattern.gates !== true) {
    return { pattern: name, parameters };
  }
  const { around, ...rest } = parameters;
  const own = Object.keys(pattern.parameters.shape);
  const of = (mine: boolean): Record<string, string> =>
    Object.fromEntries(Object.entries(rest).filter(([key]) => own.includes(key) === mine));
  return around === undefined
    ? { pattern: name, parameters: rest }
    : { pattern: name, parameters: of(true), around: { pattern: around, parameters: of(false) } };
}

function targetsOf(text: string): TargetSpec {
  const ids: string[] = [];
  const devices: number[] = [];
  let targets: TargetSpec = {};
  for (const term of text.split(',').map((part) => part.trim())) {
    const places = /^#(\d+)(?:-#?(\d+))?$/.exec(term);
    const share = /^(\d+(?:\.\d+)?)%$/.exec(term);
    if (places !== null) {
      const from = Number(places[1]);
      const to = Number(places[2] ?? from);
      if (from < 1 || to < from || to - from > 1_000_000) {
        throw new SuiteError('CONFIG_INVALID', `--attack-targets: "${term}" names no places`, {
          hint: 'Places count from 1, as #3 or #3-5.',
        });
      }
      for (let place = from; place <= to; place++) {
        devices.push(place);
      }
    } else if (share !== null) {
      const part = Number(share[1]) / 100;
      if (part <= 0 || part > 1) {
        throw new SuiteError('CONFIG_INVALID', `--attack-targets: ${term} is no share`, {
          hint: 'A share is above 0% and at most 100%.',
        });
      }
      targets = { ...targets, share: part };
    } else if (/^\d+$/.test(term) && Number(term) > 0) {
      targets = { ...targets, random: Number(term) };
    } else if (term === 'room=*') {
      targets = { ...targets, oneRoom: true };
    } else if (term.startsWith('room=')) {
      targets = { ...targets, room: term.slice('room='.length) };
    } else {
      ids.push(term);
    }
  }
  return { ...targets, ...(ids.length > 0 && { ids }), ...(devices.length > 0 && { devices }) };
}
