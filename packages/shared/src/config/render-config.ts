import { stringify } from 'yaml';
import type { ConfigSource } from './load-config.js';
import { fileKeyOf, type OptionTable } from './option.js';

/**
 * Resolved settings as a configuration file that gives them again, for `--print-config`: each with where it came from
 * unless that is the default. Secrets are not shown, and what is not set stands as a comment.
 */
export function renderConfig(
  table: OptionTable,
  values: Readonly<Record<string, unknown>>,
  sources: Readonly<Record<string, ConfigSource>>,
): string {
  let text = '';
  for (const [name, option] of Object.entries(table)) {
    if (option.flagOnly === true) {
      continue;
    }
    const key = fileKeyOf(option);
    const value = values[name];
    if (value === undefined) {
      text += `# ${key}: not set\n`;
    } else if (option.secret === true) {
      text += `# ${key}: set by ${sources[name]}, not shown\n`;
    } else {
      const [first, ...rest] = stringify({ [key]: value })
        .trimEnd()
        .split('\n');
      const note = sources[name] === 'default' ? '' : ` # ${sources[name]}`;
      text += `${[`${first}${note}`, ...rest].join('\n')}\n`;
    }
  }
  return text;
}
