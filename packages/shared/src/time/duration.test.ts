import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDurationMs } from './duration.js';

describe('parseDurationMs', () => {
  it.each([
    ['200ms', 200],
    ['5s', 5_000],
    ['1.5s', 1_500],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['250', 250],
    [250, 250],
    [' 5s ', 5_000],
    ['0', 0],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', 's', '5 s', '-5s', '5sec', '1e3', 'five', '5s5s', 'NaN'])(
    'refuses %j and says how to write one',
    (text) => {
      expect(() => parseDurationMs(text)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', hint: expect.stringContaining('200ms') }),
      );
    },
  );
});

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [0.25, '0.25ms'],
    [200, '200ms'],
    [1_500, '1.5s'],
    [15_000, '15s'],
    [59_999, '60s'],
    [60_000, '1m'],
    [125_000, '2m 5s'],
    [7_505_000, '2h 5m'],
    [90_000_000, '1d 1h'],
  ])('shows %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('shows whole seconds below a minute so that they read back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 59 }), (seconds) => {
        expect(parseDurationMs(formatDuration(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
  });
});
