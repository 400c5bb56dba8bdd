import type { SensorSnapshot } from './totals.js';

/** The line that a terminal shows once a second: rate, late, in flight, p99, and what went wrong. */
export function liveLine(snapshot: SensorSnapshot, target: string): string {
  const { readings, inFlight, rateHz, latencyMs, latenessMs, last } = snapshot;
  const newest = last[0];
  const parts = [
    `${count(rateHz)}/s to ${target}`,
    `${count(readings.published)} sent`,
    `${count(readings.late)} late`,
    `${count(inFlight)} in flight`,
    latencyMs === null ? time('lateness p99', latenessMs?.p99) : time('p99', latencyMs.p99),
    readings.skipped > 0 ? `${count(readings.skipped)} skipped` : '',
    readings.failed > 0 ? `${count(readings.failed)} failed` : '',
    newest === undefined ? '' : `${newest.id} ${newest.value} ${newest.unit}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** `1,234,567`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function time(name: string, ms: number | undefined): string {
  return ms === undefined ? '' : `${name} ${milliseconds(ms)}`;
}

/** `0.42 ms`, `12.3 ms`, `1,234 ms`. */
export function milliseconds(ms: number): string {
  return `${ms < 1 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : count(ms)} ms`;
}
