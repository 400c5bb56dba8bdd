import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { metrics, processMetrics } from 'sensorsim-shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { freePort } from '../support/free-port.js';
import { listening, type Running, run, start } from '../support/programs.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

const folder = fileURLToPath(new URL('../../docs/operations/', import.meta.url));
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const rules = (parse(read('prometheus-alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(read('grafana-dashboard.json')) as { readonly panels: readonly Panel[] };
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const catalogue = [...Object.values(metrics), ...Object.values(processMetrics)];

/** The metrics that a query reads. */
function metricsIn(query: string): string[] {
  const names = query.match(/\b(?:sensorsim|process|nodejs)_[a-z0-9_]+/g) ?? [];
  return names.map((name) =>
    catalogue.some((metric) => metric.name === name) ? name : name.replace(/_(bucket|sum|count)$/, ''),
  );
}

/** What a heading is linked by on GitHub. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading as string));

describe('alert rules and dashboard', () => {
  let gateway: Running;
  let base: string;
  const scratch = mkdtempSync(join(tmpdir(), 'sensorsim-operations-'));

  beforeAll(async () => {
    const [mqttPort, httpPort] = [await freePort(), await freePort()];
    base = `http://127.0.0.1:${httpPort}`;
    gateway = start('sensorsim-gateway', [
      ...['--to', `file:${join(scratch, 'records.ndjson')}`, '--listen', `mqtt://127.0.0.1:${mqttPort}`],
      ...['--http', `127.0.0.1:${httpPort}`, '--ack', 'spool', '--ephemeral'],
      ...['--spool', join(scratch, 'spool')],
    ]);
    await listening(mqttPort, gateway);
  });
  afterAll(async () => {
    gateway?.child.kill('SIGTERM');
    await gateway?.ended;
    rmSync(scratch, { recursive: true, force: true });
  });

  it('read only metrics that the catalogue has and that a gateway shows', async () => {
    const scrape = await (await fetch(`${base}/metrics`)).text();
    const shown = new Set([...scrape.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    for (const { name } of catalogue) {
      expect(shown).toContain(name);
    }
    const known = new Set(catalogue.map(({ name }) => name as string));
    for (const query of [...rules.map(({ expr }) => expr), ...queries]) {
      const used = metricsIn(query);
      expect(used.length + (query.includes('up{') ? 1 : 0), query).toBeGreaterThan(0);
      expect(used.filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it('use labels that the metrics have', async () => {
    const scrape = await (await fetch(`${base}/metrics`)).text();
    for (const query of [...rules.map(({ expr }) => expr), ...queries]) {
      for (const [, name, selector] of query.matchAll(/\b(sensorsim_[a-z0-9_]+)\{([^}]*)\}/g)) {
        const metric = catalogue.find((candidate) => candidate.name === name);
        const labels = metric !== undefined && 'labels' in metric ? [...metric.labels] : [];
        const used = [...(selector as string).matchAll(/([a-z_]+)\s*[=!]/g)].map(([, label]) => label);
        expect(['le', 'instance', 'job', ...labels]).toEqual(expect.arrayContaining(used));
      }
      // Reasons that an alert waits for are there before they happen.
      for (const [, reasons] of query.matchAll(/dropped_total\{reason=~?"([^"]+)"/g)) {
        for (const reason of (reasons as string).split('|')) {
          expect(scrape).toContain(`sensorsim_gateway_dropped_total{reason="${reason}"} 0`);
        }
      }
    }
  });

  it('leave no metric of the gateway out', () => {
    const used = new Set([...rules.map(({ expr }) => expr), ...queries].flatMap(metricsIn));
    expect(catalogue.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });

  it('/status has the keys that its page explains, and no others', async () => {
    const status = (await (await fetch(`${base}/status`)).json()) as Record<string, object | null>;
    const page = read('status.md');
    const rows = [...page.matchAll(/^\| (`.+?) \| /gm)].map(([, keys]) => keys as string);
    const explained = rows.flatMap((keys) => [...keys.matchAll(/`(\w+)`/g)].map(([, key]) => key));
    expect(Object.keys(status).sort()).toEqual(explained.sort());
    for (const key of [
      'counts',
      'latencyMs',
      'sink',
      'spool',
      'remembered',
      'pending',
      'connections',
      'memory',
    ]) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${key}\``)) ?? '';
      for (const name of Object.keys(status[key] ?? {})) {
        expect(row, key).toContain(`\`${name}\``);
      }
    }
  });
});

describe('the pages on operations', () => {
  it('have a section for each alert, and each alert names its section', () => {
    const anchors = anchorsOf(read('alerts.md'));
    for (const { alert, labels, annotations } of rules) {
      expect(annotations.runbook).toBe(`docs/operations/alerts.md#${anchorOf(alert)}`);
      expect(anchors).toContain(anchorOf(alert));
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/\.$/);
    }
    const sections = anchors.filter((anchor) => anchor.startsWith('sensorsim'));
    expect(sections.sort()).toEqual(rules.map(({ alert }) => anchorOf(alert)).sort());
  });

  it('explain every reason for which something is refused', () => {
    const source = fileURLToPath(new URL('../../packages/gateway/src/', import.meta.url));
    const reasons = ['guard', 'receive'].flatMap((part) =>
      readdirSync(join(source, part), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name))
        .flatMap((name) => [
          ...readFileSync(join(source, part, name), 'utf8').matchAll(
            /(?:notPermitted|limitExceeded|onRefused|refuse)\(\s*'([a-z0-9-]+)'/g,
          ),
        ])
        .map(([, reason]) => reason as string),
    );
    expect(new Set(reasons).size).toBeGreaterThan(20);
    const page = read('alerts.md');
    expect([...new Set(reasons)].filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
  });

  it('link to what is there', () => {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.md'))) {
      for (const [, file, anchor] of read(name).matchAll(/\]\(([^)#:]*)(?:#([^)]+))?\)/g)) {
        const target = readFileSync(join(folder, file === '' ? name : (file as string)), 'utf8');
        if (anchor !== undefined) {
          expect(anchorsOf(target), `${name}: ${file}#${anchor}`).toContain(anchor);
        }
      }
    }
  });

  it('show a dashboard whose panels ask the data source that is chosen, and lie beside one another', () => {
    const places = dashboard.panels.map(({ gridPos }) => gridPos);
    for (const { type, title, datasource, targets = [] } of dashboard.panels) {
      if (type !== 'row') {
        expect(
          [datasource, ...targets.map((target) => target.datasource)].map((source) => source?.uid),
        ).toEqual(new Array(targets.length + 1).fill(`\${datasource}`));
        expect(targets.length, title).toBeGreaterThan(0);
      }
    }
    for (const [i, a] of places.entries()) {
      expect(a.x + a.w).toBeLessThanOrEqual(24);
      for (const b of places.slice(i + 1)) {
        const apart = a.x >= b.x + b.w || b.x >= a.x + a.w || a.y >= b.y + b.h || b.y >= a.y + a.h;
        expect(apart, JSON.stringify([a, b])).toBe(true);
      }
    }
  });

  it('name settings that the gateway has', async () => {
    const { stdout: help } = await run('sensorsim-gateway', ['--help']);
    const others = await Promise.all(
      ['top', 'config', 'spool', 'passwd'].map((name) => run('sensorsim-gateway', [name, '--help'])),
    );
    const known = new Set([help, ...others.map(({ stdout }) => stdout)].join('\n').match(/--[a-z][a-z-]+/g));
    // Of the sensor, and of Kafka's, npm's, Docker's and Node.js' own programs.
    for (const foreign of [
      '--type',
      '--broker',
      '--count',
      '--duration',
      '--property',
      '--user',
      '--max-old-space-size',
    ]) {
      known.add(foreign);
    }
    // Pages on containers, hosts and old parts are about the flags of other programs.
    const onGateway = ['README', 'alerts', 'full-disk', 'kafka-away', 'security', 'status', 'upgrade'];
    for (const name of onGateway.map((page) => `${page}.md`)) {
      expect(
        (read(name).match(/(?<![\w-])--[a-z][a-z-]+/g) ?? []).filter((flag) => !known.has(flag)),
        name,
      ).toEqual([]);
    }
  });
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool) {
  process.stderr.write(
    '\nNOT CHECKED: alert rules and queries, since there is no promtool (Debian: apt-get install prometheus)\n\n',
  );
}

describe.skipIf(!hasPromtool)('promtool', () => {
  const promtool = (...argv: string[]) => promisify(execFile)('promtool', argv, { cwd: folder });

  it('finds nothing wrong with the rules, and sees each alert fire when it should', async () => {
    await promtool('check', 'rules', 'prometheus-alerts.yaml');
    await promtool('test', 'rules', 'prometheus-alerts.test.yaml');
    const tests = read('prometheus-alerts.test.yaml');
    for (const { alert } of rules) {
      expect(tests).toMatch(new RegExp(`alertname: ${alert}\\n\\s+eval_time: \\w+\\n\\s+exp_alerts:\\n`));
    }
  });

  it('understands every query of the dashboard', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'sensorsim-queries-'));
    const asRules = queries.map((query, i) => ({
      record: `query:${i}`,
      expr: query.replaceAll(/\$__(rate_)?interval/g, '5m').replaceAll('$instance', '.+'),
    }));
    const file = join(scratch, 'queries.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: asRules }] }));
    await promtool('check', 'rules', file);
    rmSync(scratch, { recursive: true });
  });
});
