import type { OpenRun } from './open-run.js';

/** How far the clocks of sensors, gateway and Kafka may be apart, ms. */
const clockSkewMs = 3_600_000;

/**
 * Before when no record of the runs can have arrived, ms since the epoch, so that the past of a large topic need not be
 * read; undefined where it cannot be told: a run that never ended, or one whose device time is not the time of day.
 */
export function earliestArrival(runs: readonly OpenRun[]): number | undefined {
  const starts = runs.map(({ manifest }) =>
    manifest?.clock === 'wall' && manifest.settings.start === undefined ? manifest.startAt : Number.NaN,
  );
  const first = Math.min(...starts);
  return Number.isNaN(first) || starts.length === 0 ? undefined : first - clockSkewMs;
}
