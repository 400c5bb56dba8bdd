import { describe, expect, it } from 'vitest';
import { count, latency, measured, position, rate } from './figure.js';

describe('figures', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('groups %i as %s', (value, text) => {
    expect(count(value)).toBe(text);
  });

  it.each([
    [0.836, '0.84 ms'],
    [12.31, '12.3 ms'],
    [431.2, '431 ms'],
    [1_250, '1.3 s'],
    [undefined, '–'],
  ])('writes a latency of %s as %s', (ms, text) => {
    expect(latency(ms)).toBe(text);
  });

  it.each([
    [0, '0:00'],
    [67_900, '1:07'],
    [3_723_000, '1:02:03'],
  ])('writes a position of %i ms as %s', (ms, text) => {
    expect(position(ms)).toBe(text);
  });

  it('writes values with the unit that people use', () => {
    expect(measured(21.34, 'Cel')).toBe('21.3 °C');
    expect(measured(-3.456, 'Cel')).toBe('-3.46 °C');
    expect(measured(312.4, 'lx')).toBe('312 lx');
    expect(measured(40, '%RH')).toBe('40.0 %');
  });

  it('tells small rates with a decimal', () => {
    expect(rate(0)).toBe('0.0');
    expect(rate(24.04)).toBe('24.0');
    expect(rate(12_345.6)).toBe('12,346');
  });
});
