import { SuiteError } from '../error/index.js';

/** Fills in a template. */
export type NameTemplate = (values: Readonly<Record<string, string>>) => string;

/**
 * Compiles a template such as `sensors/{type}/{id}`.
 * @param names what may stand in braces
 * @throws {SuiteError} CONFIG_INVALID: an unknown or unclosed placeholder
 */
export function compileNameTemplate(template: string, names: readonly string[]): NameTemplate {
  const parts = template.split(/\{([^{}]*)\}/);
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    const wrong = i % 2 === 1 ? !names.includes(part) : /[{}]/.test(part);
    if (wrong) {
      throw new SuiteError('CONFIG_INVALID', `"${template}" is not a template`, {
        hint: `In braces may stand ${names.map((name) => `{${name}}`).join(', ')}.`,
      });
    }
  }
  return (values) => {
    let out = parts[0] as string;
    for (let i = 1; i < parts.length; i += 2) {
      out += `${values[parts[i] as string] ?? ''}${parts[i + 1] as string}`;
    }
    return out;
  };
}
