import { describe, expect, it } from 'vitest';
import { count, latency, measured, position, rate } from './figure.js';
import { RateMeter } from './rate-meter.js';
import { sparkline } from './sparkline.js';

describe('figures', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1 000'],
    [1_234_567, '1 234 567'],
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
    expect(rate(12_345.6)).toBe('12 346');
  });
});

describe('RateMeter', () => {
  it('tells the rate of the last two seconds, not of the whole run', () => {
    const meter = new RateMeter();
    expect(meter.sample(0, 0)).toBe(0);
    expect(meter.sample(1_000, 100)).toBe(100);
    expect(meter.sample(2_000, 200)).toBe(100);
    expect(meter.sample(3_000, 200)).toBe(50);
    expect(meter.sample(4_000, 200)).toBe(0);
  });
});

describe('sparkline', () => {
  it('spans the lowest to the highest value', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
  });

  it('shows the newest values at the right', () => {
    expect(sparkline([9, 0, 7], 2)).toBe('▁█');
    expect(sparkline([0, 7], 4)).toBe('  ▁█');
  });

  it('draws mere noise flat', () => {
    expect(sparkline([21.3, 21.34, 21.28], 3)).toBe('▄▄▄');
    expect(sparkline([], 3)).toBe('   ');
    expect(sparkline([0, 0], 2)).toBe('▄▄');
  });
});
