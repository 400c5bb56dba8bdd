import { sensorOptions } from 'sensorsim';
import {
  defaultReadingTopic,
  defineOptions,
  integerField,
  listField,
  type Option,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { kafkaOptions } from '../kafka-options.js';

const sensors = 'Sensors';
const lab = 'Lab';
const help = 'Help';

/** What Kafka takes as the name of a topic. */
function topicProblem(text: string): string | undefined {
  return /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/.test(text)
    ? undefined
    : 'is not a topic: 1 to 249 of A-Z a-z 0-9 . _ -';
}

/** Each setting of the sensors that the lab offers is the sensors' own, some with a default that suits a lab. */
const { type, delay, rate, jitter, seed, limit, duration, format, set } = sensorOptions;

/** Every setting of `sensorsim-lab up`. */
export const upOptions = defineOptions({
  type: {
    ...type,
    schema: withDefault(listField(textField()), ['temperature', 'light', 'humidity', 'voltage']),
    description: 'what the devices measure; repeat it for a mixed fleet; see sensorsim --list-types',
    group: sensors,
  },
  count: {
    flags: '-c, --count <n>',
    schema: withDefault(integerField({ min: 1, max: 100_000 }), 12),
    description: 'devices, dealt to the types in turn; four neighbours share a room',
    group: sensors,
  },
  delay: {
    ...delay,
    schema: withDefault(delay.schema, 500),
    shownDefault: '500ms',
    group: sensors,
  },
  rate: { ...rate, group: sensors },
  jitter: { ...jitter, group: sensors },
  seed: { ...seed, group: sensors },
  set: { ...set, group: sensors },
  format: { ...format, group: sensors },
  qos: {
    flags: '-q, --qos <0|1|2>',
    schema: withDefault(integerField({ min: 0, max: 2 }), 1),
    description: 'quality of service; at 0 nothing is acknowledged, so nothing can be proved',
    group: sensors,
    complete: ['0', '1', '2'],
  },
  limit: { ...limit, group: sensors },

  duration: {
    ...duration,
    description: 'ends after this time, with the audit (default: runs until q or Ctrl-C)',
    group: lab,
  },
  port: {
    flags: '-p, --port <port>',
    schema: withDefault(integerField({ min: 1, max: 65_535 }), 1_883),
    description: 'where the gateway listens for MQTT on 127.0.0.1; where it is in use, the next free one',
    group: lab,
  },
  http: {
    flags: '--http <port>',
    schema: withDefault(integerField({ min: 1, max: 65_535 }), 9_464),
    description: 'where /livez, /readyz and /metrics are; where it is in use, the next free one',
    group: lab,
  },
  dir: {
    flags: '--dir <dir>',
    schema: optional(textField((text) => (text === '' ? 'is empty' : undefined))),
    description: 'folder of the run: truth, topic, summary (default: runs/<date>-<time>)',
    group: lab,
    complete: 'folder',
  },
  topic: {
    flags: '--topic <topic>',
    schema: withDefault(textField(topicProblem), defaultReadingTopic),
    description: 'topic of the readings',
    group: lab,
  },
  ...kafkaOptions,
  json: {
    flags: '--json',
    schema: withDefault(switchField(), false),
    description: 'print summaries and audit as one JSON object on standard output',
    group: lab,
  },
  view: {
    flags: '--no-view',
    schema: withDefault(switchField(), true),
    description: 'no live view, on a terminal too',
    group: lab,
  },

  config: {
    flags: '--config <file>',
    variableToo: true,
    schema: optional(textField()),
    description: 'settings by long flag name, YAML; flags and SENSORSIM_LAB_… variables win over it',
    group: help,
    flagOnly: true,
    complete: 'file',
  },
  printConfig: {
    flags: '--print-config',
    schema: withDefault(switchField(), false),
    description: 'print the settings as they would be used, then end',
    group: help,
    flagOnly: true,
  },
});

export type UpOptions = OptionValues<typeof upOptions>;

/** The settings that a manifest keeps: those that decide what a run does, secrets apart. */
export function recordedSettings(options: UpOptions): Record<string, unknown> {
  const kept = Object.entries<Option>(upOptions)
    .filter(([, option]) => option.secret !== true && option.flagOnly !== true)
    .map(([name]) => [name, options[name as keyof UpOptions]]);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}
