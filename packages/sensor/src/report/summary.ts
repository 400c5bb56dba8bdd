import type { SensorSummary } from 'sensorsim-shared';
import type { Totals } from './totals.js';

export interface RunSpan {
  readonly seed: string;
  readonly startAt: number;
  /** Device time that the run was to cover, where that is known. */
  readonly plannedMs: number | undefined;
  /** Device time that passed; undefined under a virtual clock, where only readings pass. */
  readonly passedMs: number | undefined;
  /** Mean device time between two readings of this process. */
  readonly gapMs: number;
}

/** The summary of a run, as `--json` prints it. */
export function summarise(totals: Totals, span: RunSpan): SensorSummary {
  const { counts, latency, lateness, connections, lastAt } = totals;
  // The last reading is due one gap before the end of what the readings cover.
  const coveredMs = lastAt === 0 ? 0 : lastAt - span.startAt + span.gapMs;
  const durationMs = round(span.plannedMs ?? span.passedMs ?? coveredMs);
  // What is sent after the planned end was not achieved within it.
  const takenMs = Math.max(durationMs, Math.min(coveredMs, span.passedMs ?? coveredMs));
  return {
    seed: span.seed,
    durationMs,
    readings: { ...counts },
    rateHz: {
      offered: perSecond(counts.offered, durationMs),
      achieved: perSecond(counts.published, takenMs),
    },
    latencyMs: latency.percentiles(),
    latenessMs: lateness.percentiles(),
    connections: { ...connections },
  };
}

function perSecond(count: number, ms: number): number {
  return ms > 0 ? round((count * 1_000) / ms) : 0;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
