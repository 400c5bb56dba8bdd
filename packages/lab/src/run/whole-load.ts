import { type Scenario, type SensorSummary, TimeHistogram } from 'sensorsim-shared';
import type { LoadEvidence } from '../judge/evidence.js';
import type { Fleet } from './fleet.js';

type LoadedFleet = Pick<Fleet, 'summary' | 'snapshot' | 'distributions'>;

/** What several fleets say of themselves, together. */
export function loadOf(fleets: readonly LoadedFleet[]): LoadEvidence {
  const readings = {
    offered: 0,
    published: 0,
    acknowledged: 0,
    late: 0,
    skipped: 0,
    failed: 0,
    suppressed: 0,
  };
  const rateHz = { offered: 0, achieved: 0 };
  const connections = { opened: 0, failed: 0, lost: 0, reconnected: 0 };
  const reasons: Record<string, number> = {};
  const lateness = new TimeHistogram();
  for (const fleet of fleets) {
    const summary = fleet.summary();
    addTo(readings, summary.readings);
    addTo(rateHz, summary.rateHz);
    addTo(connections, summary.connections);
    addTo(reasons, fleet.snapshot().reasons);
    lateness.merge(fleet.distributions().lateness);
  }
  return { readings, rateHz, connections, reasons, latenessMs: lateness.percentiles() };
}

/** The summary of several fleets as one. */
export function wholeSummary(fleets: readonly LoadedFleet[], seed: Scenario['seed']): SensorSummary {
  const { readings, rateHz, connections, latenessMs } = loadOf(fleets);
  const latency = new TimeHistogram();
  for (const fleet of fleets) {
    latency.merge(fleet.distributions().latency);
  }
  const durationMs = Math.max(...fleets.map((fleet) => fleet.summary().durationMs));
  return { seed, durationMs, readings, rateHz, latencyMs: latency.percentiles(), latenessMs, connections };
}

function addTo<K extends string>(
  sums: Record<K, number>,
  counts: Readonly<Partial<Record<K, number>>>,
): void {
  for (const [name, count] of Object.entries(counts) as [K, number][]) {
    sums[name] = (sums[name] ?? 0) + count;
  }
}
