import { describe, expect, it } from 'vitest';
import { metrics } from './catalogue.js';

describe('metrics', () => {
  it.each(Object.values(metrics))(
    '$name follows the naming rules of Prometheus',
    ({ name, type, unit, help }) => {
      expect(name).toMatch(/^sensorsim_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (unit === 'seconds' || unit === 'bytes') {
        expect(name).toContain(unit);
      }
      expect(help).toMatch(/\.$/);
    },
  );

  it('names each metric once', () => {
    const names = Object.values(metrics).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
