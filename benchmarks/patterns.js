/**
 * What patterns cost the schedule: the same fleet by the virtual clock without and with them, upon a tenth of its devices all
 * the time, in turn on the same machine; CPU a reading, as a ratio to none.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './process.js';
import { median, significant } from './table.js';

const sensorsim = fileURLToPath(new URL('../packages/sensor/bin/sensorsim.js', import.meta.url));
const devices = 1_000;

/** @type {[string, string[]][]} */
const variants = [
  ['none', []],
  ['one of data', ['data.bias']],
  ['one of timing', ['timing.jitter']],
  ['four, stacked', ['data.bias', 'data.noise', 'avail.selective', 'timing.jitter']],
];

/** @param {{ quick?: boolean }} options @returns {Promise<import('./table.js').Table[]>} */
export async function run({ quick = false } = {}) {
  const seconds = quick ? 200 : 500;
  const rounds = quick ? 3 : 7;
  const folder = mkdtempSync(join(tmpdir(), 'sensorsim-bench-'));
  const costs = variants.map(() => /** @type {number[]} */ ([]));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [index, [, patterns]] of variants.entries()) {
        costs[index]?.push(await microsecondsEach(folder, seconds, patterns));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const none = costs[0] ?? [];
  return [
    {
      title: 'Patterns: what they cost the schedule',
      note: `${devices.toLocaleString('en')} temperature sensors, a reading a second for ${seconds.toLocaleString('en')} s by the virtual clock, to NDJSON with truth; patterns on 10 % of the devices, all the time. Median of ${rounds} rounds, and of the ratios within a round; start-up included.`,
      columns: ['patterns', 'µs CPU a reading', 'of none'],
      rows: variants.map(([label], index) => {
        const own = costs[index] ?? [];
        const ratios = own.map((cost, round) => cost / (none[round] ?? Number.NaN));
        return [label, significant(median(own)), significant(median(ratios))];
      }),
    },
  ];
}

/** @param {string} folder @param {number} seconds @param {string[]} patterns */
async function microsecondsEach(folder, seconds, patterns) {
  const record = join(folder, 'run');
  rmSync(record, { recursive: true, force: true });
  const { output, cpuSeconds } = await runToEnd(sensorsim, [
    ...['--count', String(devices), '--delay', '1s', '--duration', `${seconds}s`, '--clock', 'virtual'],
    ...['--start', '2026-01-05T00:00:00Z', '--seed', 'bench', '--json'],
    ...['--out', join(folder, 'out.ndjson'), '--record', record],
    ...patterns.flatMap((pattern) => ['--attack', pattern]),
    ...(patterns.length > 0 ? ['--attack-targets', '10%', '--attack-for', `${seconds}s`] : []),
  ]);
  return (cpuSeconds / output.readings.offered) * 1e6;
}
