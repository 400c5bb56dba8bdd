import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sensorOptions } from 'sensorsim';
import { gatewayOptions } from 'sensorsim-gateway';
import { variableOf } from 'sensorsim-shared';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly image: string;
  readonly init: boolean;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly restart: string;
  readonly logging: { readonly options: Readonly<Record<string, string>> };
  readonly mem_limit: string;
  readonly memswap_limit: string;
  readonly cpus: string | number;
  readonly pids_limit: number;
  readonly tmpfs: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly healthcheck?: unknown;
  readonly stop_grace_period?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly (string | { readonly source: string; readonly read_only: boolean })[];
}

const folder = fileURLToPath(new URL('../../images/', import.meta.url));
const text = readFileSync(join(folder, 'compose.yaml'), 'utf8');
const file = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(file.services);
const service = (name: string): Service => file.services[name] as Service;

describe('images/compose.yaml', () => {
  it('holds what docker-compose 1.29 knows at its top', () => {
    const known = /^(services|networks|volumes|x-.+)$/;
    expect(Object.keys(file).filter((key) => !known.test(key))).toEqual([]);
  });

  it.each(services)('bounds and hardens %s', (_, one) => {
    expect(one).toMatchObject({
      init: true,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: 'on-failure:5',
      logging: { options: { 'max-size': expect.any(String), 'max-file': expect.any(String) } },
      pids_limit: expect.any(Number),
      memswap_limit: one.mem_limit,
    });
    expect(one.mem_limit).toMatch(/^(\$\{LAB_[A-Z]+_MEMORY:-)?[1-9][0-9]*[mg]\}?$/);
    expect(String(one.cpus)).toMatch(/^(\$\{LAB_[A-Z]+_CPUS:-)?[0-9.]+\}?$/);
    expect(one.tmpfs.filter((mount) => !/:size=\d+m,/.test(mount))).toEqual([]);
  });

  it.each(services)('lets the image of %s be chosen, and names none by chance', (_, one) => {
    expect(one.image).toMatch(
      /^\$\{[A-Z_]+_IMAGE:-[a-z/]+(:v?\d+\.\d+\.\d+)?\}(:\$\{SENSORSIM_TAG:-latest\})?$/,
    );
  });

  it.each(services.filter(([, { ports }]) => ports !== undefined))(
    'publishes %s on loopback only',
    (_, one) => {
      expect(
        (one.ports ?? []).filter((port) => !/^127\.0\.0\.1:\$\{LAB_[A-Z]+_PORT:-\d+\}:\d+$/.test(port)),
      ).toEqual([]);
    },
  );

  it('keeps sensors away from Kafka, and publishes none of them', () => {
    for (const name of ['sensor', 'sensor-tls']) {
      expect(service(name)).toMatchObject({ networks: ['devices'] });
      expect(service(name).ports).toBeUndefined();
    }
    expect(service('kafka').networks).toEqual(['backbone']);
  });

  it('starts by health: Kafka, then gateways, then sensors; a sensor has no port to ask at', () => {
    for (const [name, { healthcheck, depends_on = {} }] of services) {
      expect([name, healthcheck === undefined]).toEqual([name, name.startsWith('sensor')]);
      expect(Object.values(depends_on).filter(({ condition }) => condition !== 'service_healthy')).toEqual(
        [],
      );
    }
    expect(service('gateway').depends_on).toHaveProperty('kafka');
    expect(service('sensor').depends_on).toHaveProperty('gateway');
    expect(service('sensor-tls').depends_on).toHaveProperty('gateway-tls');
  });

  it('starts the lab alone unless a profile asks for more', () => {
    const always = services.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
    expect(always).toEqual(['kafka', 'gateway', 'sensor']);
  });

  it('names no secret', () => {
    for (const [name, { environment = {} }] of services) {
      const secrets = Object.entries(environment).filter(
        ([key, value]) =>
          /PASSWORD|SECRET|TOKEN/.test(key) && !(key.endsWith('_FILE') && /^\/run\//.test(String(value))),
      );
      expect([name, secrets]).toEqual([name, []]);
    }
  });

  it('sets nothing that the programs do not know', () => {
    const known = new Set([
      ...Object.values(sensorOptions).map((option) => variableOf('SENSORSIM', option)),
      ...Object.values(gatewayOptions).map((option) => variableOf('SENSORSIM_GATEWAY', option)),
      'SENSORSIM_PASSWORD_FILE',
    ]);
    const set = services.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(set.filter((name) => name.startsWith('SENSORSIM_') && !known.has(name))).toEqual([]);
  });

  it('gives a gateway longer to stop than it takes to', () => {
    for (const name of ['gateway', 'gateway-tls']) {
      expect(Number.parseInt(service(name).stop_grace_period ?? '', 10)).toBeGreaterThan(10 + 10);
    }
  });

  it('writes to volumes that it names, and mounts nothing else writable', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes);
    for (const mount of mounts) {
      if (typeof mount !== 'string') {
        expect(mount.read_only).toBe(true);
        continue;
      }
      const [source = '', , mode] = mount.split(':');
      expect([mount, source.startsWith('.') ? mode === 'ro' : source in file.volumes]).toEqual([mount, true]);
    }
  });

  it('mounts files that are there', () => {
    const paths = services
      .flatMap(([, { volumes = [] }]) => volumes)
      .flatMap((mount) => (typeof mount === 'string' ? (mount.split(':')[0] as string) : []))
      .filter((source) => source.startsWith('.'));
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  it('has its variables and their defaults listed in images/.env, and no others', () => {
    const used = new Map(
      [...text.matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)].map(([, name, value]) => [
        name as string,
        value as string,
      ]),
    );
    const passedOn = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).flatMap(([name, value]) => (value === null ? [name] : [])),
    );
    const listed = [...readFileSync(join(folder, '.env'), 'utf8').matchAll(/^#([A-Z_]+)=(.*)$/gm)];
    for (const [, name = '', value] of listed) {
      expect([name, used.get(name) ?? (passedOn.includes(name) ? value : undefined)]).toEqual([name, value]);
    }
    const names = listed.map(([, name]) => name);
    expect([...used.keys()].filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('images/prometheus and images/grafana', () => {
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const prometheus = parse(read('prometheus/prometheus.yml')) as {
    readonly scrape_configs: readonly [{ readonly job_name: string; readonly static_configs: unknown }];
    readonly rule_files: readonly string[];
  };

  it('scrape the gateway as the job that the alert rules are about', () => {
    const [job] = prometheus.scrape_configs;
    expect(read('../docs/operations/prometheus-alerts.yaml')).toContain(`up{job="${job.job_name}"}`);
    expect(job.static_configs).toEqual([{ targets: ['gateway:9464'] }]);
  });

  it('give Grafana the dashboard, and Prometheus as its only source', () => {
    const { datasources } = parse(read('grafana/provisioning/datasources/prometheus.yaml')) as {
      readonly datasources: readonly Readonly<Record<string, unknown>>[];
    };
    expect(datasources).toMatchObject([
      { type: 'prometheus', url: 'http://prometheus:9090', isDefault: true },
    ]);
    const { providers } = parse(read('grafana/provisioning/dashboards/gateway.yaml')) as {
      readonly providers: readonly { readonly options: { readonly path: string } }[];
    };
    const path = providers[0]?.options.path ?? 'nowhere';
    const mounts = (service('grafana').volumes ?? []).map(String);
    expect(mounts).toContain(`../docs/operations/grafana-dashboard.json:${path}/gateway.json:ro`);
    expect(service('grafana').environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
      `${path}/gateway.json`,
    );
  });

  const scratch = mkdtempSync(join(tmpdir(), 'sensorsim-prometheus-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.skipIf(spawnSync('promtool', ['--version']).status !== 0)(
    'are a configuration that Prometheus takes',
    () => {
      copyFileSync(join(folder, 'prometheus/prometheus.yml'), join(scratch, 'prometheus.yml'));
      copyFileSync(
        join(folder, '../docs/operations/prometheus-alerts.yaml'),
        join(scratch, 'prometheus-alerts.yaml'),
      );
      const { status, stdout, stderr } = spawnSync(
        'promtool',
        ['check', 'config', '--lint-fatal', join(scratch, 'prometheus.yml')],
        { encoding: 'utf8' },
      );
      expect([status, stderr]).toEqual([0, stderr]);
      expect(stdout).toMatch(/[1-9]\d* rules found/);
    },
  );
});
