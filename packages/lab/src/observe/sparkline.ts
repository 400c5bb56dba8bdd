const levels = '▁▂▃▄▅▆▇█';
const flat = '▄';

/**
 * The last `width` values as a line of bars, scaled between their own lowest and highest; missing ones at the left are
 * blanks. A course that moves by less than half a percent is drawn flat, so that mere noise stays calm.
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const span = high - low;
  const isFlat = span <= Math.max(Math.abs(low), Math.abs(high)) * 0.005;
  const bars = shown.map((value) =>
    isFlat ? flat : levels[Math.round(((value - low) / span) * (levels.length - 1))],
  );
  return bars.join('').padStart(width);
}
