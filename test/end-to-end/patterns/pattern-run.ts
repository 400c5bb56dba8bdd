import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedTopicReader } from 'sensorsim-gateway';
import type { ConnectionEvent, Interval, Reading, SensorSummary, TruthRow } from 'sensorsim-shared';
import { freePort } from '../../support/free-port.js';
import { type Running, run, start } from '../../support/programs.js';

/** A message that reached a topic of the gateway. */
export interface Arrival {
  readonly partition: number;
  readonly offset: number;
  /** Client id of the connection that it came through. */
  readonly connection: string;
  readonly mqttTopic: string;
  readonly payload: Buffer;
  /** What it says; absent: no reading, or not in JSON. */
  readonly reading: Reading | undefined;
  /** Machine time, ms since the epoch. */
  readonly receivedAt: number;
  readonly dup: boolean;
  /** Of a dead letter; else empty. */
  readonly errorCode: string;
}

/** What one sensor process left in its run folder. */
export interface RecordedRun {
  readonly truth: readonly TruthRow[];
  readonly intervals: readonly Interval[];
  readonly connections: readonly ConnectionEvent[];
  readonly summary: SensorSummary;
}

/** A message, and the row that tells the truth about it. */
export interface Traced {
  readonly arrival: Arrival;
  readonly row: TruthRow;
}

export interface PatternRun {
  /** The topic of the readings, in order of arrival. */
  readonly arrivals: readonly Arrival[];
  readonly deadLetters: readonly Arrival[];
  /** One for each sensor process. */
  readonly runs: readonly RecordedRun[];
  /** Rows of all of them, and so on. */
  readonly truth: readonly TruthRow[];
  readonly intervals: readonly Interval[];
  readonly connections: readonly ConnectionEvent[];
  /** Every arrival, dead letters too, with its truth row; both sides without the other. */
  readonly traced: readonly Traced[];
  readonly untraced: readonly Arrival[];
  /** Sent again because a connection was lost before the PUBACK came: they have no row of their own. */
  readonly redelivered: readonly Arrival[];
  readonly missing: readonly TruthRow[];
  /** What the gateway printed at its end, and what it logged. */
  readonly gateway: Readonly<Record<string, unknown>>;
  readonly gatewayLog: string;
}

export interface PatternRunOptions {
  /** Flags of the gateway beside its listener and its topic. */
  readonly gateway?: readonly string[];
  /** Flags of each sensor process beside its broker and its run folder; QoS 1 unless they say otherwise. All start together. */
  readonly sensors: readonly (readonly string[])[];
  /** Looks at the gateway, whose MQTT port it is told, after the sensors have ended and before it is stopped. */
  readonly afterwards?: (port: number) => Promise<void>;
}

/** Plays fleets with patterns against a gateway, all processes of their own, and gathers what came and what was true. */
export async function playPatterns({
  gateway = [],
  sensors,
  afterwards,
}: PatternRunOptions): Promise<PatternRun> {
  const folder = mkdtempSync(join(tmpdir(), 'sensorsim-patterns-'));
  const port = await freePort();
  const topic = join(folder, 'topic');
  const listen = ['--listen', `mqtt://127.0.0.1:${port}`, '--http', 'off'];
  const to = ['--to', `topic:${topic}`, '--partitions', '1', '--json'];
  const host = start('sensorsim-gateway', [...listen, ...to, ...gateway]);
  try {
    await untilReady(host);
    const runs = await Promise.all(
      sensors.map((flags, index) => playSensor(port, join(folder, `run-${index}`), flags)),
    );
    await afterwards?.(port);
    host.child.kill('SIGTERM');
    const { code, stdout, stderr } = await host.ended;
    // As a program that a signal has ended, though in order.
    if (code !== 143) {
      throw new Error(`the gateway ended with ${code}:\n${stderr}`);
    }
    const arrivals = await arrivalsOf(topic, 'sensor-readings');
    const deadLetters = await arrivalsOf(topic, 'sensor-readings.dead-letter');
    const truth = runs.flatMap((one) => one.truth);
    return {
      arrivals,
      deadLetters,
      runs,
      truth,
      intervals: runs.flatMap((one) => one.intervals),
      connections: runs.flatMap((one) => one.connections),
      ...trace([...arrivals, ...deadLetters], truth),
      gateway: JSON.parse(stdout),
      gatewayLog: stderr,
    };
  } finally {
    host.child.kill('SIGKILL');
    await host.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilReady(host: Running): Promise<void> {
  while (!host.stderr().includes('the gateway is ready')) {
    if (host.child.exitCode !== null || host.child.signalCode !== null) {
      throw new Error(`the gateway ended before it was ready:\n${host.stderr()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function playSensor(port: number, record: string, flags: readonly string[]): Promise<RecordedRun> {
  const broker = flags.includes('--broker') ? [] : ['--broker', `mqtt://127.0.0.1:${port}`];
  const delivery = ['--qos', '1', '--offline', 'queue:1000'];
  const { code, stderr } = await run('sensorsim', [
    ...broker,
    ...delivery,
    '--quiet',
    ...['--record', record],
    ...flags,
  ]);
  if (code !== 0) {
    throw new Error(`sensorsim ended with ${code}:\n${stderr}`);
  }
  return recordedRun(record);
}

/** What a run folder holds. */
export function recordedRun(folder: string): RecordedRun {
  return {
    truth: linesOf<TruthRow>(join(folder, 'truth.ndjson')),
    intervals: JSON.parse(readFileSync(join(folder, 'intervals.json'), 'utf8')),
    connections: linesOf<ConnectionEvent>(join(folder, 'connections.ndjson')),
    summary: JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')),
  };
}

/** The lines of a file of JSON lines. */
export function linesOf<T>(path: string): T[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** What a topic on disk holds, each partition in its order. */
export async function arrivalsOf(directory: string, topic: string): Promise<Arrival[]> {
  const reader = new EmbeddedTopicReader(directory);
  const arrivals: Arrival[] = [];
  for (const { partition } of (await reader.topics()).includes(topic) ? await reader.partitions(topic) : []) {
    for await (const { offset, value, headers } of reader.read(topic, partition)) {
      const payload = Buffer.from(value);
      arrivals.push({
        partition,
        offset,
        connection: headers['mqtt-client-id'] ?? '',
        mqttTopic: headers['mqtt-topic'] ?? '',
        payload,
        reading: readingOf(payload),
        receivedAt: Number(headers['received-at']),
        dup: headers['mqtt-dup'] === '1',
        errorCode: headers['error-code'] ?? '',
      });
    }
  }
  return arrivals;
}

function readingOf(payload: Buffer): Reading | undefined {
  try {
    const reading = JSON.parse(payload.toString());
    return typeof reading?.id === 'string' && typeof reading.seq === 'number' ? reading : undefined;
  } catch {
    return undefined;
  }
}

/** Joins messages to truth rows: by what the reading says of itself, else by the hash of the payload; equals in their order. */
function trace(
  arrivals: readonly Arrival[],
  truth: readonly TruthRow[],
): Pick<PatternRun, 'traced' | 'untraced' | 'redelivered' | 'missing'> {
  const rows = new Map<string, TruthRow[]>();
  for (const row of truth) {
    if (row.outcome === 'acknowledged' || row.outcome === 'published' || row.outcome === 'failed') {
      const { id, seq, ts, connection, label } = row;
      const key =
        label?.payloadHash === undefined
          ? `${connection} ${id} ${seq} ${ts}`
          : `${connection} ${label.payloadHash}`;
      rows.set(key, [...(rows.get(key) ?? []), row]);
    }
  }
  const traced: Traced[] = [];
  const untraced: Arrival[] = [];
  const redelivered: Arrival[] = [];
  const arrived = new Set<string>();
  for (const arrival of arrivals) {
    const { connection, reading, payload } = arrival;
    const hash = createHash('sha256').update(payload).digest('hex').slice(0, 16);
    const row =
      rows.get(`${connection} ${hash}`)?.shift() ??
      (reading && rows.get(`${connection} ${reading.id} ${reading.seq} ${reading.ts}`)?.shift());
    const message = `${connection} ${hash}`;
    if (row !== undefined) {
      traced.push({ arrival, row });
    } else {
      (arrived.has(message) ? redelivered : untraced).push(arrival);
    }
    arrived.add(message);
  }
  const missing = [...rows.values()].flat().filter(({ outcome }) => outcome !== 'failed');
  return { traced, untraced, redelivered, missing };
}
