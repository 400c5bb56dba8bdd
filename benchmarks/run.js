/**
 * Runs the benchmarks, one after the other.
 * node benchmarks/run.js [NAME…] [--quick] [--write]
 * --quick: shorter runs, to see that all work. --write: put the tables into docs/performance.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { asMarkdown, asText } from './table.js';

/** @type {Record<string, () => Promise<{ run: (options: { quick?: boolean }) => Promise<import('./table.js').Table[]> }>>} */
const benchmarks = {
  startup: () => import('./startup.js'),
  virtual: () => import('./virtual.js'),
  fleet: () => import('./fleet.js'),
  gateway: () => import('./gateway.js'),
  realism: () => import('./realism.js'),
};

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const unknown = [
  ...names.filter((name) => !(name in benchmarks)),
  ...args.filter((arg) => arg.startsWith('--') && !['--quick', '--write'].includes(arg)),
];
if (unknown.length > 0) {
  process.stderr.write(
    `unknown: ${unknown.join(', ')}. Known: ${Object.keys(benchmarks).join(', ')}, --quick, --write\n`,
  );
  process.exit(2);
}
const tables = [];
for (const name of names.length > 0 ? names : Object.keys(benchmarks)) {
  process.stderr.write(`${name} …\n`);
  const { run } = await /** @type {NonNullable<typeof benchmarks[string]>} */ (benchmarks[name])();
  for (const table of await run({ quick: args.includes('--quick') })) {
    tables.push(table);
    process.stdout.write(`${asText(table)}\n`);
  }
}
if (args.includes('--write')) {
  const path = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
  const marker = '<!-- tables: npm run bench -- --write -->';
  const head = readFileSync(path, 'utf8').split(marker)[0];
  const machine = `Node.js ${process.version}, Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}.`;
  writeFileSync(path, `${head}${marker}\n\n${machine}\n\n${tables.map(asMarkdown).join('\n')}`);
}
