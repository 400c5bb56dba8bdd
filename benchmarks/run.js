/**
 * Runs the benchmarks, one after the other.
 * node benchmarks/run.js [NAME…] [--quick] [--write]
 * Without names: all but those that take long (soak) or need a Docker engine (containers, compose). --quick: shorter runs, to see that all work.
 * --write: put the tables into docs/performance.md, in place of those that the same benchmarks wrote before.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { asMarkdown, asText } from './table.js';

/** @type {Record<string, () => Promise<{ run: (options: { quick?: boolean }) => Promise<import('./table.js').Table[]> }>>} */
const benchmarks = {
  startup: () => import('./startup.js'),
  virtual: () => import('./virtual.js'),
  patterns: () => import('./patterns.js'),
  fleet: () => import('./fleet.js'),
  gateway: () => import('./gateway.js'),
  spool: () => import('./spool.js'),
  realism: () => import('./realism.js'),
  dataset: () => import('./dataset.js'),
  containers: () => import('./containers.js'),
  compose: () => import('./compose.js'),
  soak: () => import('./soak.js'),
};
const onDocker = ['containers', 'compose'];
const onlyByName = [...onDocker, 'soak'];

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
if (names.some((name) => onDocker.includes(name))) {
  const { status, error, stderr } = spawnSync('docker', ['version'], { encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write(
      `${onDocker.join(' and ')} need a Docker engine: ${error?.message ?? stderr.trim()}\n`,
    );
    process.exit(3);
  }
}
const path = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const all = Object.keys(benchmarks).filter((name) => !onlyByName.includes(name));
for (const name of names.length > 0 ? names : all) {
  process.stderr.write(`${name} …\n`);
  const { run } = await /** @type {NonNullable<typeof benchmarks[string]>} */ (benchmarks[name])();
  const tables = await run({ quick: args.includes('--quick') });
  process.stdout.write(tables.map((table) => `${asText(table)}\n`).join(''));
  if (args.includes('--write')) {
    writeSection(name, tables.map(asMarkdown).join('\n'));
  }
}

/** Each benchmark has its part of the page, between two marks. @param {string} name @param {string} text */
function writeSection(name, text) {
  const page = readFileSync(path, 'utf8');
  const machine = `Node.js ${process.version}, Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}.`;
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const section = `${begin}\n${machine}\n\n${text}\n${end}\n`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  writeFileSync(
    path,
    from < 0 || to < 0
      ? `${page.trimEnd()}\n\n${section}`
      : page.slice(0, from) + section + page.slice(to + end.length + 1),
  );
}
