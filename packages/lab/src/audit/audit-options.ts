import {
  choiceField,
  defaultReadingTopic,
  defineOptions,
  listField,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { kafkaOptions } from '../kafka-options.js';
import { duplicatesAllowed } from './verdict.js';

const where = 'Topic';
const judge = 'Verdict';

const text = (): ReturnType<typeof textField> =>
  textField((value) => (value === '' ? 'is empty' : undefined));

/** Every setting of `sensorsim-lab audit`. */
export const auditOptions = defineOptions({
  topicDir: {
    flags: '--topic-dir <dir>',
    schema: optional(text()),
    description: 'folder of an embedded topic (default: the topic folder inside RUN)',
    group: where,
    complete: 'folder',
  },
  topic: {
    flags: '-t, --topic <topic>',
    schema: withDefault(listField(text()), [defaultReadingTopic]),
    description: 'topic of the readings; repeat it for several; its dead letters are looked up too',
    group: where,
    list: true,
  },
  ...kafkaOptions,
  duplicates: {
    flags: '--duplicates <allowed>',
    schema: withDefault(choiceField(duplicatesAllowed), 'marked'),
    complete: duplicatesAllowed,
    description:
      'copies that do not fail the audit: none; marked: those that say of themselves that they were sent again (mqtt-dup), as after a fault; all',
    group: judge,
  },
  json: {
    flags: '--json',
    schema: withDefault(switchField(), false),
    description: 'print summaries and audit as one JSON object on standard output',
    group: judge,
  },
});

export type AuditOptions = OptionValues<typeof auditOptions>;
