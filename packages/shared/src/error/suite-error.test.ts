import { describe, expect, it } from 'vitest';
import { errorCodes } from './error-code.js';
import { exitCodeOf, renderError, SuiteError } from './suite-error.js';

describe('renderError', () => {
  it('shows a user mistake as message, problems, remedy and code, without a stack', () => {
    const error = new SuiteError('CONFIG_INVALID', '2 problems in the settings', {
      problems: ['--a: x', '--b: y'],
      hint: 'Do this.',
    });
    expect(renderError('sensorsim', error)).toBe(
      'sensorsim: 2 problems in the settings\n  - --a: x\n  - --b: y\n  Do this. (CONFIG_INVALID)\n',
    );
    expect(exitCodeOf(error)).toBe(2);
  });

  it('shows a fault of the program with its stack and ends with 4', () => {
    const error = new TypeError('boom');
    expect(renderError('sensorsim', error)).toContain('suite-error.test');
    expect(exitCodeOf(error)).toBe(4);
  });
});

describe('errorCodes', () => {
  it.each(Object.entries(errorCodes))(
    '%s is AREA_PROBLEM, with meaning and remedy as sentences',
    (code, entry) => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z0-9]+)*$/);
      expect(entry.meaning).toMatch(/\.$/);
      expect(entry.remedy).toMatch(/\.$/);
    },
  );
});
