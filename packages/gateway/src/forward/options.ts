import {
  bytesField,
  defineOptions,
  durationField,
  integerField,
  type OptionValues,
  optional,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { parseSinkTarget, targetForms } from './sink-target.js';

function targetProblem(text: string): string | undefined {
  const target = parseSinkTarget(text);
  return 'problem' in target ? target.problem : undefined;
}

/** Where records go, and what the sinks have in common. */
export const sinkOptions = defineOptions({
  to: {
    flags: '--to <sink>',
    schema: withDefault(textField(targetProblem), 'kafka'),
    description: `Where records go: ${targetForms}. topic is a topic on disk, without a server; file and stdout get a JSON line a record`,
    group: 'Forward',
  },
  partitions: {
    flags: '--partitions <n>',
    schema: withDefault(integerField({ min: 1, max: 10_000 }), 4),
    description: 'partitions of topics that are created; those that exist keep theirs',
    group: 'Forward',
  },
  retention: {
    flags: '--retention <duration>',
    schema: optional(durationField({ min: 1_000 })),
    description: 'age at which records of a topic on disk may go; absent: never',
    group: 'Forward',
  },
  retentionBytes: {
    flags: '--retention-bytes <bytes>',
    schema: optional(bytesField({ min: 1024 })),
    description: 'size at which the oldest records of a partition on disk go; absent: none',
    group: 'Forward',
  },
});

export type SinkOptions = OptionValues<typeof sinkOptions>;
