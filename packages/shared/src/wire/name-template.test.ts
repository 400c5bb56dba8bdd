import { describe, expect, it } from 'vitest';
import { compileNameTemplate } from './name-template.js';

describe('compileNameTemplate', () => {
  it('fills in each placeholder, also twice', () => {
    const fill = compileNameTemplate('sensors/{type}/{id}/{id}', ['type', 'id']);
    expect(fill({ type: 'light', id: 'l-1' })).toBe('sensors/light/l-1/l-1');
  });

  it('passes plain text through', () => {
    expect(compileNameTemplate('a/b', [])({})).toBe('a/b');
  });

  it.each(['{nope}', '{id', 'id}', '{}', '{i{d}}'])('refuses %j and names what is known', (template) => {
    expect(() => compileNameTemplate(template, ['type', 'id'])).toThrow(
      expect.objectContaining({ hint: 'In braces may stand {type}, {id}.' }),
    );
  });
});
