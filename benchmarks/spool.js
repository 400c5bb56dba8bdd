/**
 * The gateway's spool: what it costs while Kafka is well, what it takes while Kafka is away (beside bare appends that wait
 * for the disk), how fast it drains (beside kafkajs alone), what devices feel meanwhile; and what the guards cost.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/support/free-port.js';
import { load, startGateway, startMeasuredKafka } from './load/gateway-under-load.js';
import { costOf, runToEnd } from './process.js';
import { median, significant } from './table.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @param {{ quick?: boolean }} options @returns {Promise<import('./table.js').Table[]>} */
export async function run({ quick = false } = {}) {
  // On the disk of the work tree: a temporary folder may be memory.
  const folder = mkdtempSync(here('../.cache/spool-'));
  const measured = await startMeasuredKafka();
  try {
    return [
      await costWhileWell({ measured, folder, seconds: quick ? 2 : 8, rounds: quick ? 1 : 5 }),
      ...(await awayAndDrain({ measured, folder, seconds: quick ? 3 : 15 })),
    ];
  } finally {
    await measured.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {Awaited<ReturnType<typeof startMeasuredKafka>>} Measured */

/**
 * Each way in turn, several times over, so that a slow minute of the machine falls on all alike.
 * @param {{ measured: Measured, folder: string, seconds: number, rounds: number }} options
 */
async function costWhileWell({ measured, folder, seconds, rounds }) {
  const acl = join(folder, 'acl');
  writeFileSync(acl, 'topic write sensors/+/+\npattern write devices/%u/%c/#\n');
  /** @type {Record<string, string[]>} */
  const ways = {
    '--ack kafka': ['--ack', 'kafka'],
    '--ack spool': ['--ack', 'spool', '--spool', join(folder, 'well')],
    '--ack spool, guards on': ['--ack', 'spool', '--spool', join(folder, 'guarded'), ...guardArgs(acl)],
  };
  /** @type {Record<string, { rates: number[], cpu: number[], peak: number }>} */
  const results = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(ways)) {
      const port = await freePort();
      const gateway = await startGateway({ port, bootstrap: measured.kafka.bootstrap, args });
      await load({ port, seconds: 2 });
      const before = costOf(gateway.pid);
      const { output } = await load({ port, seconds });
      const after = gateway.cost();
      await gateway.stop();
      results[name] ??= { rates: [], cpu: [], peak: 0 };
      results[name].rates.push(output.acknowledged / output.wallSeconds);
      results[name].cpu.push(((after.cpuSeconds - before.cpuSeconds) / output.acknowledgedInAll) * 100_000);
      results[name].peak = Math.max(results[name].peak, after.peakMebibytes);
    }
  }
  const base = /** @type {NonNullable<typeof results[string]>} */ (results['--ack kafka']);
  return {
    title: 'Spool and guards while Kafka is well',
    note:
      `100 connections, QoS 1, 120-byte readings, closed loop, ${seconds} s each, ${rounds} rounds in turn; medians of rates and of ratios within a round. ` +
      `Spool segments left behind: ${readdirSync(join(folder, 'well')).filter((name) => name.endsWith('.spool')).length}.`,
    columns: ['gateway', 'records/s', 'of --ack kafka', 'CPU s per 100 k', 'of --ack kafka', 'peak MiB'],
    rows: Object.entries(results).map(([name, { rates, cpu, peak }]) => [
      name,
      significant(median(rates)),
      significant(median(rates.map((rate, i) => rate / /** @type {number} */ (base.rates[i])))),
      significant(median(cpu)),
      significant(median(cpu.map((each, i) => each / /** @type {number} */ (base.cpu[i])))),
      significant(peak),
    ]),
  };
}

/** Every guard that looks at a message, with bounds that the load does not reach. @param {string} acl */
function guardArgs(acl) {
  return [
    ...['--acl', acl, '--bind-device', 'refuse', '--max-topics-per-client', '100'],
    ...['--publish-rate', '1000000', '--publish-bytes', '1G', '--connect-rate', '10000'],
  ];
}

/** @param {{ measured: Measured, folder: string, seconds: number }} options */
async function awayAndDrain({ measured, folder, seconds }) {
  const spool = join(folder, 'away');
  const nobody = await freePort();
  const port = await freePort();
  const args = ['--ack', 'spool', '--spool', spool, '--spool-max', '20G', '--kafka-wait', '100ms'];
  const away = await startGateway({ port, bootstrap: `127.0.0.1:${nobody}`, args });
  await load({ port, seconds: 2 });
  const before = costOf(away.pid);
  const { output } = await load({ port, seconds });
  const after = away.cost();
  await away.stop();
  const rate = output.acknowledged / output.wallSeconds;
  const rows = [
    [
      'gateway, Kafka away: acknowledged',
      significant(rate),
      significant(((after.cpuSeconds - before.cpuSeconds) / output.acknowledgedInAll) * 100_000),
      '',
      significant(after.peakMebibytes),
    ],
  ];
  for (const kibibytes of [16, 128, 1024]) {
    const path = join(folder, 'raw');
    const raw = await runToEnd(here('./peers/fsync-append.js'), [path, '3', String(kibibytes * 1024)]);
    rows.push([
      `bare appends of ${kibibytes} KiB, each waited for`,
      '',
      '',
      significant(raw.output.bytesPerSecond / 1024 ** 2),
      '',
    ]);
  }

  const { bootstrap } = measured.kafka;
  await measured.admin.createTopics({ topics: [{ topic: 'kafkajs-alone', numPartitions: 8 }] });
  const { output: alone } = await runToEnd(here('./peers/kafkajs-alone.js'), [
    bootstrap,
    'kafkajs-alone',
    String(Math.min(seconds, 8)),
    '2000',
    '1',
  ]);
  rows.push([
    'kafkajs alone, with our headers',
    significant(alone.sent / alone.wallSeconds),
    significant(alone.cpuMicrosecondsEach / 10),
    '',
    '',
  ]);
  const topic = 'sensor-readings';
  const had = await measured.records(topic);
  const spooled = output.acknowledgedInAll;
  const draining = await startGateway({ port, bootstrap, args });
  const drainBefore = costOf(draining.pid);
  // It drains since it is ready; what went before is not counted.
  const from = await measured.records(topic);
  const started = performance.now();
  // How long a reading takes to a consumer is not asked here: a consumer in JavaScript cannot follow the drain.
  const live = load({ port, seconds: Math.max(2, seconds / 3), ratePerSecond: 2_000, firstDevice: 5_000 });
  const { output: steady } = await live;
  let now = await measured.records(topic);
  while (now - had < spooled) {
    await wait(100);
    now = await measured.records(topic);
  }
  const drainSeconds = (performance.now() - started) / 1_000;
  const drainCost = draining.cost();
  await draining.stop();
  rows.push([
    'gateway, drain to Kafka, 2,000/s live beside it',
    significant((now - from) / drainSeconds),
    significant(((drainCost.cpuSeconds - drainBefore.cpuSeconds) / (now - from)) * 100_000),
    '',
    significant(drainCost.peakMebibytes),
  ]);
  return [
    {
      title: 'Spool while Kafka is away, and the drain',
      note:
        `Closed loop of 100 connections for ${seconds} s, ${significant(spooled)} records spooled, then drained. ` +
        `Live readings during the drain: sent to PUBACK p50 ${significant(steady.pubackMs.p50)} ms, p99 ${significant(steady.pubackMs.p99)} ms.`,
      columns: ['what', 'records/s', 'CPU s per 100 k', 'MiB/s', 'peak MiB'],
      rows,
    },
  ];
}
