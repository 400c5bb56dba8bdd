/** A 2018 timestamp below this counts seconds (until the year 5138), from it on milliseconds (since March 1973). */
const firstMilliseconds = 1e11;

/**
 * Milliseconds of a timestamp as the 2018 formats carry it: its sensor sends seconds, its tutorial milliseconds.
 * @param timestamp since the epoch; below 10^11 it is in seconds
 */
export function legacyTimestampMs(timestamp: number): number {
  return timestamp < firstMilliseconds ? timestamp * 1_000 : timestamp;
}

/** Whether a time in ms reads back as itself through `legacyTimestampMs`. */
export function isLegacyMilliseconds(ts: number): boolean {
  return ts >= firstMilliseconds;
}
