import { memoryUsage, resourceUsage } from 'node:process';
import type { Percentiles } from 'sensorsim-shared';
import type { Gateway } from '../gateway.js';
import type { HoldStatus } from '../hold/hold-status.js';
import type { Remembered } from '../receive/receiver.js';
import type { Recent } from './recent.js';
import type { TopClient, TopClients } from './top-clients.js';

/** Counters whose rate is told. */
export const ratedCounts = [
  'received',
  'acknowledged',
  'forwarded',
  'deadLettered',
  'dropped',
  'refused',
] as const;

export type RatedCount = (typeof ratedCounts)[number];

/** The stages whose latency is told: see `GatewayStatus.latencyMs`. */
export const timedStages = ['safe', 'acknowledge', 'forward', 'sink'] as const;

export type TimedStage = (typeof timedStages)[number];

/** A latency over different spans of time; null where nothing was counted. */
export interface StageLatency {
  readonly total: Percentiles | null;
  readonly lastMinute: Percentiles | null;
  readonly lastTenSeconds: Percentiles | null;
}

export type SpoolStatus = Omit<HoldStatus, 'sinkReady'>;

/**
 * What `GET /status` answers, as JSON. Units are in the names; counts are since the start. Names stay what they are from one
 * version to the next; new ones may come.
 */
export interface GatewayStatus {
  readonly version: string;
  readonly gatewayId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly uptimeMs: number;
  readonly ready: boolean;
  /** Why it is not ready; null: it is. */
  readonly notReady: string | null;
  readonly ackPolicy: string;
  /** URLs that devices can use. */
  readonly listen: readonly string[];
  readonly counts: Readonly<Record<RatedCount, number>>;
  readonly receivedBySource: Readonly<Record<string, number>>;
  readonly deadLetteredByCode: Readonly<Record<string, number>>;
  readonly droppedByReason: Readonly<Record<string, number>>;
  readonly refusedByReason: Readonly<Record<string, number>>;
  /** What the broker did not keep for its own subscribers: sessions, queues and retained messages without room. */
  readonly notRelayedByReason: Readonly<Record<string, number>>;
  /** Over the last 10 s. */
  readonly ratesHz: Readonly<Record<RatedCount, number>>;
  /**
   * safe: arrival to safe, at the sink or in the spool; acknowledge: arrival to PUBACK; forward: handed to the sink to safe
   * there, of records that went directly; sink: arrival to safe at the sink, by the spool or not.
   */
  readonly latencyMs: Readonly<Record<TimedStage, StageLatency>>;
  /** Kafka, or what else `--to` says. */
  readonly sink: { readonly name: string; readonly ready: boolean; readonly problem: string | null };
  /** Null without a spool: `--ack kafka` and `--ack receive`. */
  readonly spool: SpoolStatus | null;
  /** What the embedded broker remembers for its clients; null where there is none. */
  readonly remembered: Remembered | null;
  /** Who was let in: connections that have not logged in, clients that were slowed, bans in force, files and when they were read. */
  readonly guard: Readonly<Record<string, unknown>>;
  /** What was taken and is not yet safe. */
  readonly pending: {
    readonly records: number;
    readonly bytes: number;
    readonly maxRecords: number;
    readonly maxBytes: number;
  };
  readonly connections: {
    readonly total: number;
    readonly byProtocol: Readonly<Record<string, number>>;
    /** Waiting at present, because too much is pending. */
    readonly paused: number;
    /** How often one had to wait. */
    readonly pauses: number;
  };
  readonly memory: {
    readonly rssBytes: number;
    /** The most that it ever was, by the kernel. */
    readonly peakRssBytes: number;
    readonly heapUsedBytes: number;
    readonly heapTotalBytes: number;
    readonly externalBytes: number;
  };
  /** Share of the last second that the thread was busy; at 1 the gateway takes no more. */
  readonly eventLoopUtilization: number;
  /** The clients that send most, the busiest first: at most ten. */
  readonly topClients: readonly TopClient[];
}

export interface StatusSource {
  readonly gateway: StatusGateway;
  readonly version: string;
  readonly ackPolicy: string;
  readonly startedAt: number;
  readonly maxPendingRecords: number;
  readonly maxPendingBytes: number;
  readonly recent: Recent<RatedCount, TimedStage>;
  readonly topClients: TopClients;
  readonly eventLoopUtilization: () => number;
  readonly now: () => number;
}

/** The parts of the gateway that are looked at. */
export type StatusGateway = Pick<
  Gateway,
  | 'id'
  | 'addresses'
  | 'counters'
  | 'pending'
  | 'sink'
  | 'safeLatency'
  | 'acknowledgeLatency'
  | 'forwardLatency'
  | 'sinkLatency'
  | 'guard'
  | 'snapshot'
>;

const topClientCount = 10;

/** The gateway as it is now. */
export function statusOf(source: StatusSource): GatewayStatus {
  const { gateway, recent } = source;
  const { counters, pending } = gateway;
  const now = source.now();
  const snapshot = gateway.snapshot();
  const { rss, heapUsed, heapTotal, external } = memoryUsage();
  const stage = (name: TimedStage, total: Percentiles | null): StageLatency => ({
    total,
    lastMinute: recent.percentiles(name, now, 60),
    lastTenSeconds: recent.percentiles(name, now, 10),
  });
  return {
    version: source.version,
    gatewayId: gateway.id,
    startedAt: new Date(source.startedAt).toISOString(),
    uptimeMs: Math.round(now - source.startedAt),
    ready: snapshot.notReady === undefined,
    notReady: snapshot.notReady ?? null,
    ackPolicy: source.ackPolicy,
    listen: gateway.addresses,
    counts: countsOf(gateway),
    receivedBySource: counters.received,
    deadLetteredByCode: counters.deadLettered.toObject(),
    droppedByReason: counters.dropped.toObject(),
    refusedByReason: counters.refused.toObject(),
    notRelayedByReason: counters.notRelayed.toObject(),
    ratesHz: recent.ratesHz(now, 10),
    latencyMs: {
      safe: stage('safe', gateway.safeLatency.percentiles()),
      acknowledge: stage('acknowledge', gateway.acknowledgeLatency.percentiles()),
      forward: stage('forward', gateway.forwardLatency.percentiles()),
      sink: stage('sink', gateway.sinkLatency.percentiles()),
    },
    sink: { name: gateway.sink.name, ready: sinkReady(gateway), problem: gateway.sink.problem ?? null },
    spool: spoolStatus(snapshot.spool),
    remembered: snapshot.remembered ?? null,
    guard: gateway.guard.snapshot(),
    pending: {
      records: pending.records,
      bytes: pending.bytes,
      maxRecords: source.maxPendingRecords,
      maxBytes: source.maxPendingBytes,
    },
    connections: {
      total: snapshot.connections,
      byProtocol: snapshot.connectionsByProtocol,
      paused: pending.paused,
      pauses: pending.pauses,
    },
    memory: {
      rssBytes: rss,
      peakRssBytes: resourceUsage().maxRSS * 1024,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      externalBytes: external,
    },
    eventLoopUtilization: source.eventLoopUtilization(),
    topClients: source.topClients.top(now, topClientCount),
  };
}

/** Whether the sink itself takes records: with a spool in front, the gateway may be ready without it. */
export function sinkReady(gateway: Pick<Gateway, 'sink' | 'snapshot'>): boolean {
  return gateway.snapshot().spool?.sinkReady ?? gateway.sink.ready;
}

function spoolStatus(hold: HoldStatus | undefined): SpoolStatus | null {
  if (hold === undefined) {
    return null;
  }
  const { sinkReady: _, ...spool } = hold;
  return spool;
}

/** The counters whose rate is told, as they stand. */
export function countsOf({ counters }: Pick<Gateway, 'counters'>): Record<RatedCount, number> {
  return {
    received: counters.receivedTotal,
    acknowledged: counters.acknowledged,
    forwarded: counters.forwarded,
    deadLettered: counters.deadLettered.total,
    dropped: counters.dropped.total,
    refused: counters.refused.total,
  };
}
