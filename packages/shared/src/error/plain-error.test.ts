import { describe, expect, it } from 'vitest';
import { errorOfPlain, type PlainError, plainError } from './plain-error.js';
import { SuiteError } from './suite-error.js';

/** As a channel of JSON lines carries it. */
function carried(error: unknown): Error {
  return errorOfPlain(JSON.parse(JSON.stringify(plainError(error))) as PlainError);
}

describe('an error on its way to another process', () => {
  it('arrives as it was, with code, hint and every problem', () => {
    const error = new SuiteError('CONFIG_INVALID', 'two problems', {
      hint: 'See --help.',
      problems: ['--a: is no number', '--b: is unknown'],
      retryable: true,
    });
    const other = carried(error) as SuiteError;
    expect(other).toBeInstanceOf(SuiteError);
    for (const key of ['message', 'code', 'hint', 'problems', 'retryable', 'exitCode'] as const) {
      expect(other[key], key).toEqual(error[key]);
    }
  });

  it('keeps the stack of a fault of the program, and tells no user error where the code is unknown here', () => {
    const fault = new TypeError('x is undefined');
    expect(carried(fault)).toMatchObject({ message: 'x is undefined', stack: fault.stack });
    expect(carried('text')).toMatchObject({ message: 'text' });
    const foreign = errorOfPlain({ message: 'from a later version', code: 'LATER_PROBLEM' as 'INTERNAL' });
    expect(foreign).not.toBeInstanceOf(SuiteError);
    expect(foreign.message).toBe('from a later version');
  });
});
