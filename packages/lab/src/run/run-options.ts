import {
  choiceField,
  defaultReadingTopic,
  defineOptions,
  integerField,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { dockerOptions } from '../docker/index.js';
import { kafkaOptions } from '../kafka-options.js';
import { setOption } from '../scenario/scenario-options.js';

const scenario = 'Scenario';
const where = 'Where to';
const output = 'Output';

const text = (): ReturnType<typeof textField> =>
  textField((value) => (value === '' ? 'is empty' : undefined));

/** What Kafka takes as the name of a topic. */
function topicProblem(name: string): string | undefined {
  return /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/.test(name)
    ? undefined
    : 'is not a topic: 1 to 249 of A-Z a-z 0-9 . _ -';
}

/** Where runs are played. */
export const deployments = ['local', 'compose'] as const;

/** Every setting of `sensorsim-lab run`. */
export const runOptions = defineOptions({
  set: setOption,
  seed: {
    flags: '--seed <text>',
    schema: optional(text()),
    description: 'in place of the seed of the scenario; the same as --set seed=…',
    group: scenario,
  },
  on: {
    flags: '--on <local|compose>',
    schema: withDefault(choiceField(deployments), 'local'),
    description:
      'where gateway, sensors and faults are: in processes of this machine, or in containers beside those of images/compose.yaml',
    group: where,
    complete: deployments,
  },
  project: {
    flags: '--project <name>',
    schema: optional(text()),
    description:
      'with --on compose: the Compose project (default: the only one with the services kafka, gateway, sensor)',
    group: where,
  },
  containers: {
    flags: '--containers <n>',
    schema: withDefault(integerField({ min: 1, max: 100 }), 1),
    description: 'with --on compose: containers that share the devices of each group',
    group: where,
  },
  topic: {
    flags: '-t, --topic <topic>',
    schema: withDefault(textField(topicProblem), defaultReadingTopic),
    description: 'topic of the readings',
    group: where,
  },
  ...kafkaOptions,
  ...dockerOptions,
  out: {
    flags: '--out <dir>',
    schema: optional(text()),
    description:
      'folder of the run; of several runs, the folder that holds theirs (default: runs/<date>-<time>)',
    group: output,
    complete: 'folder',
  },
  json: {
    flags: '--json',
    schema: withDefault(switchField(), false),
    description: 'print what came of it as one JSON object on standard output',
    group: output,
  },
  junit: {
    flags: '--junit <file>',
    schema: optional(text()),
    description: 'write a JUnit report, which build servers show: a case an expectation',
    group: output,
    complete: 'file',
  },
  quiet: {
    flags: '--quiet',
    schema: withDefault(switchField(), false),
    description: 'no live view and no progress: only what is wrong, and the verdict',
    group: output,
  },
  view: {
    flags: '--no-view',
    schema: withDefault(switchField(), true),
    description: 'lines of progress in place of the live view, on a terminal too',
    group: output,
  },
});

export type RunOptions = OptionValues<typeof runOptions>;
