import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { GatewaySnapshot, GatewayStatus } from 'sensorsim-gateway';
import { type GatewaySummary, machineNow } from 'sensorsim-shared';
import type { AttachedStreams, DockerEngine } from '../../docker/index.js';
import { type GatewayReport, noEffects } from '../../host/index.js';
import { gatewayPorts } from './container-specs.js';

/** The program that reports; of source, as in tests, the compiled one. */
const reporter = new URL(
  import.meta.url.endsWith('.ts')
    ? '../../../dist/deploy/compose/status-reporter.js'
    : './status-reporter.js',
  import.meta.url,
);

/** Reports of a gateway in a container, twice a second and when asked. */
export class GatewayReports {
  readonly #streams: AttachedStreams;

  private constructor(streams: AttachedStreams, onReport: (report: GatewayReport) => void) {
    this.#streams = streams;
    streams.input.on('error', () => {});
    streams.errors.resume();
    createInterface({ input: streams.output }).on('line', (line) => {
      const report = parsed(line);
      if (report !== undefined) {
        onReport(report);
      }
    });
  }

  /** Begins to report on a container that runs. @throws {SuiteError} what the engine throws, as where it has ended meanwhile */
  static async of(
    engine: DockerEngine,
    id: string,
    onReport: (report: GatewayReport) => void,
  ): Promise<GatewayReports> {
    const program = readFileSync(reporter, 'utf8');
    const command = ['node', '--max-semi-space-size=1', '--input-type=module', '--eval', program];
    return new GatewayReports(await engine.exec(id, [...command, String(gatewayPorts.http)]), onReport);
  }

  /** A report comes as soon as can be. */
  ask(): void {
    if (this.#streams.input.writable) {
      this.#streams.input.write('\n');
    }
  }

  stop(): void {
    this.#streams.input.destroy();
  }
}

interface ReportedLine {
  readonly status: GatewayStatus;
  readonly latency: string | null;
}

/** Undefined: what came is none, as where the gateway ended in the middle of it. */
function parsed(line: string): GatewayReport | undefined {
  try {
    return reportOf(JSON.parse(line) as ReportedLine);
  } catch {
    return undefined;
  }
}

/** What the lab knows of a gateway elsewhere, by its status. Nothing is made to go wrong inside it. */
function reportOf({ status, latency }: ReportedLine): GatewayReport {
  return {
    at: machineNow(),
    snapshot: snapshotOf(status),
    effects: noEffects,
    rssBytes: status.memory.rssBytes,
    peakRssBytes: status.memory.peakRssBytes ?? status.memory.rssBytes,
    latency: latency ?? undefined,
  };
}

function snapshotOf(status: GatewayStatus): GatewaySnapshot {
  const { counts, spool, connections, pending, sink } = status;
  const { received, acknowledged, forwarded, deadLettered } = counts;
  return {
    received,
    acknowledged,
    forwarded,
    deadLettered,
    dropped: status.droppedByReason,
    refused: status.refusedByReason,
    ...(spool === null ? {} : { spooled: { records: spool.records, bytes: spool.bytes } }),
    latencyMs: status.latencyMs.safe.total,
    connections: connections.total,
    connectionsByProtocol: connections.byProtocol,
    paused: connections.paused,
    pendingRecords: pending.records,
    pendingBytes: pending.bytes,
    remembered: status.remembered ?? undefined,
    spool: spool === null ? undefined : { ...spool, sinkReady: sink.ready },
    notReady: status.notReady ?? undefined,
  };
}

/** The last report of a gateway that ended in order: with the counts that it told at its end. */
export function lastReport(
  report: GatewayReport | undefined,
  summary: GatewaySummary,
): GatewayReport | undefined {
  return report && { ...report, at: machineNow(), snapshot: { ...report.snapshot, ...summary } };
}
