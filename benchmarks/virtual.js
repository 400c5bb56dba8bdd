/** Data sets: readings a second with their truth, by the virtual clock, to NDJSON on one core; linear in devices × time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './process.js';
import { significant } from './table.js';

const sensorsim = fileURLToPath(new URL('../packages/sensor/bin/sensorsim.js', import.meta.url));
const types = ['temp', 'light', 'humidity', 'voltage'].flatMap((type) => ['--type', type]);

/** @param {{ quick?: boolean }} options @returns {Promise<import('./table.js').Table[]>} */
export async function run({ quick = false } = {}) {
  const scale = quick ? 1 : 4;
  const folder = mkdtempSync(join(tmpdir(), 'sensorsim-bench-'));
  const rows = [];
  try {
    for (const [label, devices, readingsEach, extra] of /** @type {[string, number, number, string[]][]} */ ([
      ['temperature, 100 devices', 100, 5_000 * scale, ['--type', 'temp']],
      ['four types, 100 devices', 100, 5_000 * scale, types],
      ['four types, 100 devices, twice as long', 100, 10_000 * scale, types],
      ['four types, 10,000 devices', 10_000, 50 * scale, types],
      ['four types, 20,000 devices', 20_000, 50 * scale, types],
    ])) {
      const seconds = readingsEach;
      const started = performance.now();
      const { output, cpuSeconds, peakMebibytes } = await runToEnd(sensorsim, [
        ...[
          '--count',
          String(devices),
          ...extra,
          '--delay',
          '1s',
          '--duration',
          `${seconds}s`,
          '--clock',
          'virtual',
        ],
        ...['--start', '2026-01-05T00:00:00Z', '--seed', 'bench', '--out', join(folder, 'out.ndjson')],
        ...['--record', join(folder, `run-${rows.length}`), '--json'],
      ]);
      const wallSeconds = (performance.now() - started) / 1_000;
      const count = output.readings.published;
      rows.push([
        label,
        count.toLocaleString('en'),
        significant(count / wallSeconds),
        significant((cpuSeconds / count) * 1e6),
        significant(peakMebibytes),
      ]);
      rmSync(join(folder, `run-${rows.length - 1}`), { recursive: true, force: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    {
      title: 'Virtual clock: readings with truth to NDJSON',
      note: 'Whole process, start-up included; two lines a reading (the reading, its truth), both files hashed.',
      columns: ['fleet', 'readings', 'readings/s', 'µs CPU a reading', 'peak MiB'],
      rows,
    },
  ];
}
