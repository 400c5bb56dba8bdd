import {
  bytesField,
  choiceField,
  codecByName,
  codecs,
  deadLetterSuffix,
  defaultReadingTopic,
  defineOptions,
  integerField,
  listField,
  optional,
  textField,
  withDefault,
} from 'sensorsim-shared';
import type { FormatRule } from './decoder.js';
import { topicFilterProblem } from './topic-filter.js';
import { TopicNames, topicPlaceholders } from './topic-name.js';

const formats = codecs.map(({ name }) => name);

function formatRuleProblem(text: string): string | undefined {
  const at = text.lastIndexOf('=');
  if (at < 1) {
    return `is not a rule; write filter=format, as in sensors/legacy/#=text`;
  }
  try {
    codecByName(text.slice(at + 1));
  } catch (error) {
    return `names no format: ${(error as Error).message}`;
  }
  return topicFilterProblem(text.slice(0, at));
}

/** A rule that `formatRuleProblem` found right. */
export function parseFormatRule(text: string): FormatRule {
  const at = text.lastIndexOf('=');
  return { filter: text.slice(0, at), codec: codecByName(text.slice(at + 1)) };
}

function topicTemplateProblem(text: string): string | undefined {
  try {
    new TopicNames(text, 1);
    return text === '' ? 'is empty' : undefined;
  } catch {
    const names = topicPlaceholders.map((name) => `{${name}}`).join(', ');
    return `is not a topic or template; in braces may stand ${names}`;
  }
}

/** How payloads are understood. */
export const decodeOptions = defineOptions({
  formatRule: {
    flags: '--format-rule <filter=format>',
    schema: withDefault(listField(textField(formatRuleProblem)), []),
    description: `Format of the payloads on topics that a filter matches, as in sensors/legacy/#=text. Repeatable, the first that matches counts. Without: by content type, else by what the payload looks like. Formats: ${formats.join(', ')}`,
    group: 'Decode',
    list: true,
  },
  maxPayload: {
    flags: '--max-payload <bytes>',
    schema: withDefault(bytesField({ min: 1, max: 64 * 1024 ** 2 }), 256 * 1024),
    shownDefault: '256K',
    description:
      'Largest payload taken; the first 16 KiB of a larger one go to the dead letters. A packet above four times this size ends its connection',
    group: 'Decode',
  },
});

/** What becomes of them. */
export const recordOptions = defineOptions({
  topic: {
    flags: '--topic <template>',
    schema: withDefault(textField(topicTemplateProblem), defaultReadingTopic),
    description:
      'Topic of the readings. May hold levels of the MQTT topic, {1} to {9}, and {type} and {id} of the reading, as in readings-{2}',
    group: 'Forward',
  },
  deadLetterTopic: {
    flags: '--dead-letter-topic <topic>',
    schema: optional(
      textField((text) =>
        /^[A-Za-z0-9._-]{1,249}$/.test(text) && !/^\.{1,2}$/.test(text)
          ? undefined
          : 'is not a topic: 1 to 249 of A-Z a-z 0-9 . _ -',
      ),
    ),
    description: `Topic of what cannot be decoded. Absent: the topic of the readings with ${deadLetterSuffix} (${defaultReadingTopic}${deadLetterSuffix} with a template)`,
    group: 'Forward',
  },
  maxTopics: {
    flags: '--max-topics <n>',
    schema: withDefault(integerField({ min: 1, max: 100_000 }), 100),
    description: 'topics that a template may make; what would need more goes to the dead letters',
    group: 'Forward',
  },
  format: {
    flags: '--format <format>',
    schema: withDefault(choiceField(['as-received', ...formats]), 'as-received'),
    description: `Format of the records: as-received, or each reading written anew as ${formats.join(', ')}`,
    group: 'Forward',
    complete: ['as-received', ...formats],
  },
});
