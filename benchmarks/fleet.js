/**
 * Fleet: how much of a nominal 100,000 readings/s (100 connections at 1 ms) really goes out, beside MQTT.js with one
 * `setInterval` a device, and beside MQTT.js in a tight loop; then 10,000 devices at one second.
 */
import { fileURLToPath } from 'node:url';
import { runToEnd, start } from './process.js';
import { significant } from './table.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const sensorsim = here('../packages/sensor/bin/sensorsim.js');
const nominalPerSecond = 100_000;

async function broker() {
  const process = start(here('./peers/aedes-alone.js'), []);
  const { port } = JSON.parse(await process.ready);
  return { port: String(port), stop: () => process.stop() };
}

/** @param {{ quick?: boolean }} options @returns {Promise<import('./table.js').Table[]>} */
export async function run({ quick = false } = {}) {
  const seconds = quick ? 3 : 10;
  const rows = [];
  for (const qos of [0, 1]) {
    const variants = [
      {
        name: 'sensorsim',
        script: sensorsim,
        args: (/** @type {string} */ port) => [
          ...[
            '-p',
            port,
            '--count',
            '100',
            '--delay',
            '1',
            '-q',
            String(qos),
            '--duration',
            `${seconds}s`,
            '--json',
          ],
        ],
        // Over the time until the last one was out: what is sent after its time does not count as if it were in time.
        rate: (/** @type {any} */ o) =>
          qos === 0
            ? o.rateHz.achieved
            : (o.rateHz.achieved * o.readings.acknowledged) / o.readings.published,
        said: (/** @type {any} */ o) =>
          `late ${o.readings.late}, skipped ${o.readings.skipped}, failed ${o.readings.failed}`,
      },
      {
        name: 'MQTT.js, setInterval a device',
        script: here('./peers/mqttjs-interval.js'),
        args: (/** @type {string} */ port) => [port, '100', '1', String(seconds), String(qos)],
        rate: (/** @type {any} */ o) => o.acknowledged / o.wallSeconds,
        said: () => 'nothing',
      },
      {
        name: 'MQTT.js, tight loop (ceiling)',
        script: here('./peers/mqttjs-tight.js'),
        args: (/** @type {string} */ port) => [port, '100', String(seconds), String(qos)],
        rate: (/** @type {any} */ o) => o.acknowledged / o.wallSeconds,
        said: () => 'nothing',
      },
    ];
    for (const variant of variants) {
      const { port, stop } = await broker();
      const { output, cpuSeconds, peakMebibytes } = await runToEnd(variant.script, variant.args(port));
      await stop();
      const rate = variant.rate(output);
      rows.push([
        `QoS ${qos}, ${variant.name}`,
        significant(rate),
        variant.name.includes('tight') ? '–' : significant(rate / nominalPerSecond, 2),
        significant((cpuSeconds / (rate * seconds)) * 1e6),
        significant(peakMebibytes),
        variant.said(output),
      ]);
    }
  }
  return [
    {
      title: 'Fleet of 100 connections at 1 ms (100,000 readings/s nominal)',
      note: `${seconds} s each, aedes acknowledging at once on the other core. "Said": what the tool reported of what it could not do.`,
      columns: ['generator', 'achieved/s', 'of nominal', 'µs CPU a reading', 'peak MiB', 'said'],
      rows,
    },
    await manyDevices(seconds),
  ];
}

/** @param {number} seconds @returns {Promise<import('./table.js').Table>} */
async function manyDevices(seconds) {
  const devices = 10_000;
  const { port, stop } = await broker();
  const { output, peakMebibytes } = await runToEnd(sensorsim, [
    ...['-p', port, '--count', String(devices), '--delay', '1s', '--duration', `${seconds}s`, '--json'],
  ]);
  const idle = await runToEnd(here('./peers/mqttjs-idle.js'), [port, String(devices)]);
  const oneConnection = await runToEnd(sensorsim, [
    '-p',
    port,
    '--count',
    '1',
    '--delay',
    '1s',
    '--limit',
    '2',
    '--json',
  ]);
  await stop();
  const { readings, latenessMs } = output;
  return {
    title: `${devices.toLocaleString('en')} devices, a connection each, one reading a second, QoS 0`,
    note: 'Memory a connection: peak RSS less that of the same program with one connection; bare MQTT.js: the same clients, idle.',
    columns: [
      'generator',
      'offered',
      'published',
      'lateness p50 ms',
      'p99 ms',
      'max ms',
      'kB RSS a connection',
    ],
    rows: [
      [
        'sensorsim',
        readings.offered,
        readings.published,
        significant(latenessMs.p50),
        significant(latenessMs.p99),
        significant(latenessMs.max),
        significant(((peakMebibytes - oneConnection.peakMebibytes) * 1_024) / devices),
      ],
      ['bare MQTT.js, idle', '–', '–', '–', '–', '–', significant(idle.output.kilobytesEach)],
    ],
  };
}
