import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EmbeddedTopicReader } from 'sensorsim-gateway';
import { auditRuns, EmbeddedTopicSource, GatewayHost, Link, openRun, type PlayedFault } from 'sensorsim-lab';
import type { SensorSummary } from 'sensorsim-shared';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { gatewaySettings, playFaults, RecordedFleet } from '../support/fault-play.js';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-faults-'));
const topicFolder = join(folder, 'topic');
/** Whether a process of that number runs. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

let link: Link;
const host = new GatewayHost({
  gateway: gatewaySettings({
    listen: ['mqtt://127.0.0.1:0'],
    http: 'off',
    to: `topic:${topicFolder}`,
    ack: 'spool',
    spool: join(folder, 'spool'),
    hold: 50,
    gatewayId: 'under-fault',
    logLevel: 'error',
  }),
  reportMs: 50,
});
let fleet: RecordedFleet | undefined;

beforeAll(async () => {
  await host.start();
  link = new Link(host.mqttPort, () => 0.5);
  await link.start();
  fleet = new RecordedFleet(join(folder, 'run'), {
    count: 6,
    delay: 20,
    qos: 1,
    broker: [`mqtt://127.0.0.1:${link.port}`],
    seed: 'faults',
  });
  await vi.waitUntil(() => (host.status()?.snapshot.forwarded ?? 0) > 20, { timeout: 20_000 });
});

afterAll(async () => {
  await fleet?.stop();
  await host.stop();
  await link?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function play(
  faults: Readonly<Record<string, Record<string, unknown>>>,
  meanwhile?: () => Promise<void>,
): Promise<readonly PlayedFault[]> {
  return playFaults({
    stage: { host, link, kafka: undefined },
    faults,
    ...(meanwhile === undefined ? {} : { meanwhile }),
  });
}

const received = (): number => host.summary().received;

describe('faults of the deployment', () => {
  // Those first that break no connection: devices wait longer and longer before they come back.
  it.each(['kafka.away', 'kafka.hang'])(
    'make the topic fail (%s), while devices are served from the spool',
    async (name) => {
      const acknowledged = host.summary().acknowledged;
      await play({ [name]: {} }, async () => {
        await expect
          .poll(() => host.status()?.snapshot.spool?.records ?? 0, { timeout: 10_000 })
          .toBeGreaterThan(10);
        expect(host.status()?.snapshot.notReady).toBeUndefined();
        expect(host.summary().acknowledged).toBeGreaterThan(acknowledged);
      });
      expect(host.status()?.snapshot.spool).toMatchObject({ records: 0, mode: 'direct' });
    },
  );

  it('slow the topic down', async () => {
    await play({ 'kafka.slow': { latency: '30ms', bandwidth: '1M' } }, async () => {
      const { forwarded } = host.summary();
      await expect.poll(() => host.summary().forwarded, { timeout: 10_000 }).toBeGreaterThan(forwarded + 20);
    });
  });

  it('fill the disk of the spool while the topic is away, so that nothing is acknowledged', async () => {
    await play({ 'kafka.away': {}, 'disk.full': {} }, async () => {
      await expect
        .poll(() => host.status()?.snapshot.notReady, { timeout: 10_000 })
        .toMatch(/the spool .* cannot be written, and topic .* takes no records: a fault keeps it away/);
      const { acknowledged } = host.summary();
      await wait(200);
      expect(host.summary().acknowledged).toBe(acknowledged);
    });
  });

  it.each(['forward', 'back'])('set the clock of the gateway %s, and right again', async (direction) => {
    await play({ 'clock.jump': { by: '2h', direction } }, async () => {
      const { forwarded } = host.summary();
      await expect.poll(() => host.summary().forwarded, { timeout: 10_000 }).toBeGreaterThan(forwarded + 10);
    });
    expect(host.conditions.clockOffsetMs).toBe(0);
  });

  it('halt the gateway, which goes on where it stood', async () => {
    const { pid } = host;
    await play({ 'gateway.pause': {} }, async () => {
      await wait(100);
      const at = host.status()?.at;
      await wait(200);
      expect(host.status()?.at).toBe(at);
    });
    expect(host.pid).toBe(pid);
  });

  it.each(['link.hang', 'link.cut'])('stop what comes from the devices (%s)', async (name) => {
    await play({ [name]: {} }, async () => {
      await wait(150);
      const before = received();
      await wait(200);
      expect(received()).toBe(before);
    });
    const before = received();
    await expect.poll(received, { timeout: 10_000 }).toBeGreaterThan(before);
  });

  it('slow the link down and make it lossy, together', async () => {
    const { broken } = link;
    await play({ 'link.slow': { latency: 40, jitter: 20 }, 'link.reset': { chance: 0.6 } });
    expect(link.quality).toMatchObject({ resetChance: undefined });
    expect(link.broken).toBeGreaterThan(broken);
  });

  it('restart the gateway in order, so that it counts all it did', async () => {
    await play({ 'gateway.restart': {} });
    expect(host.lives.at(-2)).toMatchObject({
      counted: 'whole',
      exitCode: 143,
      expected: true,
      uncountedMs: 0,
    });
  });

  it('kill the gateway, which comes back at the same port with its counts', async () => {
    const { addresses, pid } = host;
    const before = host.summary();
    const [played] = await play({ 'gateway.kill': {} }, async () => {
      expect([host.isUp, runs(pid as number), host.lives.at(-1)?.counted]).toEqual([
        false,
        false,
        'last-report',
      ]);
    });
    expect(played?.interval).toMatchObject({
      type: 'gateway.kill',
      cause: 'fault',
      targets: ['gateway process'],
    });
    expect(host.addresses).toEqual(addresses);
    expect(host.pid).not.toBe(pid);
    expect(host.summary().forwarded).toBeGreaterThanOrEqual(before.forwarded);
  });

  it('lose nothing that was acknowledged, leave no process, and have jumped the clock for some records', async () => {
    const sensors = (await fleet?.stop()) as SensorSummary;
    fleet = undefined;
    const summary = await host.stop();
    expect(host.lives.map(({ pid }) => runs(pid))).toEqual(host.lives.map(() => false));
    expect(host.lives.length).toBe(3);
    expect(host.peakRssBytes).toBeGreaterThan(30 * 1024 ** 2);
    expect(summary.spooled).toEqual({ records: 0, bytes: 0 });
    const { findings } = await auditRuns({
      runs: [await openRun(join(folder, 'run'))],
      source: new EmbeddedTopicSource(topicFolder),
      topics: ['sensor-readings'],
      gatewayId: 'under-fault',
    });
    expect(findings).toMatchObject({ acknowledged: sensors.readings.acknowledged, lost: 0 });
    expect(await jumps()).toEqual(['-2h', '0h', '2h']);
  });
});

/** How far `received-at` is from device time, in whole hours, over all records. */
async function jumps(): Promise<string[]> {
  const hours = new Set<number>();
  const reader = new EmbeddedTopicReader(topicFolder);
  for (const { partition } of await reader.partitions('sensor-readings')) {
    for await (const { value, headers } of reader.read('sensor-readings', partition)) {
      const { ts } = JSON.parse(Buffer.from(value).toString()) as { ts: number };
      hours.add(Math.round((Number(headers['received-at']) - ts) / 3_600_000));
    }
  }
  return [...hours].sort((a, b) => a - b).map((hour) => `${hour === 0 ? 0 : hour}h`);
}
