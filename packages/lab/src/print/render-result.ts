import { renderAudit } from '../audit/audit-report.js';
import type { LabResult } from '../lab.js';
import { count, latency } from './figure.js';
import { lineOf, type Span, span } from './styled-line.js';

/** How a lab's run went, for people: what the sensors did, the audit, and where it all is. */
export function renderResult(result: LabResult, color: boolean): string {
  const { runId, directory, sensors, hops, outcome, broken, topic, sourceName } = result;
  const { published, acknowledged, late, skipped, failed } = sensors.readings;
  const times = sensors.latencyMs;
  const row = (label: string, text: string): Span[] => [span(`  ${label.padEnd(10)}`, 'dim'), span(text)];
  const lines: Span[][] = [
    [span('Run', 'bold'), span(`  ${runId}`, 'dim')],
    [],
    row('readings', `${count(published)} sent, ${count(acknowledged)} acknowledged`),
    row('', `${count(late)} late, ${count(skipped)} skipped, ${count(failed)} failed`),
    ...(times === null
      ? []
      : [row('latency', `${latency(times.p50)} p50, ${latency(times.p99)} p99, from due to acknowledged`)]),
    row('folder', directory),
    row('again', `npx sensorsim-lab audit ${directory}${result.auditFlags}`),
    [],
  ];
  const head = lines.map((line) => `${lineOf(line, Number.POSITIVE_INFINITY, color)}\n`).join('');
  return head + renderAudit({ title: `${topic} in ${sourceName}`, hops, outcome, broken }, color);
}
