import type { GatewayStatus } from '../status.js';

const percentiles = { p50: 1.234, p90: 2, p99: 8.5, p999: 9, max: 1_234 };
const stage = { total: percentiles, lastMinute: percentiles, lastTenSeconds: percentiles };
export const counts = { received: 0, acknowledged: 0, forwarded: 0, deadLettered: 0, dropped: 0, refused: 0 };

/** A gateway that spools while Kafka is away, with hostile client ids. */
export const status: GatewayStatus = {
  version: '1.2.3',
  gatewayId: 'gw-1',
  startedAt: '2026-01-01T00:00:00.000Z',
  uptimeMs: 3_723_000,
  ready: true,
  notReady: null,
  ackPolicy: 'spool',
  listen: ['mqtt://127.0.0.1:1883'],
  counts: { ...counts, received: 1_234_567, acknowledged: 1_234_000, forwarded: 1_000_000 },
  receivedBySource: { mqtt: 1_234_567 },
  deadLetteredByCode: {},
  droppedByReason: {},
  refusedByReason: { tls: 3, connect: 12 },
  notRelayedByReason: {},
  ratesHz: { ...counts, received: 2_000, acknowledged: 2_000, forwarded: 99.5 },
  latencyMs: { safe: stage, acknowledge: stage, forward: stage, sink: stage },
  sink: { name: 'kafka 127.0.0.1:9092', ready: false, problem: 'the connection is refused' },
  spool: {
    mode: 'spooling',
    records: 250_000,
    bytes: 100 * 1024 ** 2,
    maxBytes: 200 * 1024 ** 2,
    oldestAgeMs: 90_000,
    waiting: 0,
    spooled: 250_000,
    drained: 0,
    damaged: { stretches: 0, bytes: 0, records: 0 },
  },
  guard: { notLoggedIn: 3, bannedClients: [], bannedAddresses: [{ name: 'x', until: 1 }] },
  remembered: {
    folder: './sensorsim-state',
    afterCrash: false,
    sessions: 4,
    queuedMessages: 5,
    queuedBytes: 1_024,
    retainedMessages: 6,
    retainedBytes: 7,
  },
  pending: { records: 5, bytes: 500, maxRecords: 20_000, maxBytes: 1e6 },
  connections: { total: 12, byProtocol: { mqtt: 10, ws: 2 }, paused: 0, pauses: 0 },
  memory: {
    rssBytes: 100 * 1024 ** 2,
    peakRssBytes: 110 * 1024 ** 2,
    heapUsedBytes: 5 * 1024 ** 2,
    heapTotalBytes: 1,
    externalBytes: 1,
  },
  eventLoopUtilization: 0.42,
  topClients: [
    { clientId: 'a\x1b[2J\n\u202eb', rateHz: 12.34 },
    { clientId: 'x'.repeat(200), rateHz: 1_234 },
  ],
};
