import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnDocker, endOf, type Host, type Hosts, startHosts } from '../support/docker/hosts.js';
import { root } from '../support/docker/image-files.js';

/** The lab has to run with either generation of Compose: `SENSORSIM_COMPOSE` names another binary, as that of v2. */
const program = process.env.SENSORSIM_COMPOSE ?? 'docker-compose';
const file = join(root, 'images/compose.yaml');
const reader = join(root, 'test/support/docker/topic-values.js');
const sensors = 20;

interface Inspected {
  readonly Id: string;
  readonly RestartCount: number;
  readonly State: { readonly Pid: number };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string }[] | null>>;
    readonly Networks: Readonly<Record<string, unknown>>;
  };
}

describeOnDocker('the lab on one host, by compose.yaml', () => {
  let hosts: Hosts;
  let host: Host;
  const certificates = mkdtempSync(join(tmpdir(), 'sensorsim-certificates-'));

  const compose = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await host.run(program, ['-f', file, '--profile', 'tls', ...args], {
      environment: { LAB_CERTIFICATES: certificates },
    });
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    return stdout;
  };

  /** The containers of a service, or of all. */
  const containers = async (service?: string): Promise<Inspected[]> => {
    const label = service === undefined ? 'project=sensorsim' : `service=${service}`;
    const ids = await host.docker('ps', '--all', '--quiet', '--filter', `label=com.docker.compose.${label}`);
    return ids === '' ? [] : JSON.parse(await host.docker('inspect', ...ids.split('\n')));
  };
  const only = async (service: string): Promise<Inspected> => {
    const [first] = await containers(service);
    return first as Inspected;
  };
  const serviceOf = ({ Config }: Inspected): string => Config.Labels['com.docker.compose.service'] as string;

  /** Sequence numbers by device, in the order of the topic, read as a program on the host would. */
  const topic = async (): Promise<Map<string, number[]>> => {
    const { stdout } = await host.run(process.execPath, [reader, '127.0.0.1:9094', 'sensor-readings']);
    const devices = new Map<string, number[]>();
    for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const { id, seq } = JSON.parse(line) as { id: string; seq: number };
      const seen = devices.get(id);
      if (seen === undefined) {
        devices.set(id, [seq]);
      } else {
        seen.push(seq);
      }
    }
    return devices;
  };
  const topicWith = async (
    enough: (devices: Map<string, number[]>) => boolean,
  ): Promise<Map<string, number[]>> => {
    const deadline = performance.now() + 120_000;
    let devices = await topic();
    while (!enough(devices) && performance.now() < deadline) {
      await wait(500);
      devices = await topic();
    }
    return devices;
  };

  beforeAll(async () => {
    execFileSync(join(root, 'images/certificates.sh'), [
      certificates,
      'gateway-tls',
      'localhost',
      '127.0.0.1',
    ]);
    // The gateway runs as 1000, and reads its key itself.
    chownSync(join(certificates, 'server-key.pem'), 1000, 1000);
    hosts = await startHosts(['lab'], { images: ['kafka', 'sensorsim'] });
    host = hosts.host('lab');
  });
  afterAll(async () => {
    await hosts?.stop();
    rmSync(certificates, { recursive: true, force: true });
  });

  it('starts by health: Kafka, then the gateways, then twenty sensors', async () => {
    const label = '{{index .Actor.Attributes "com.docker.compose.service"}}';
    // Listened to from the beginning: an engine remembers 256 events, and each health check makes three.
    const listener = host.start('docker', [
      ...['events', '--since', '1m', '--filter', 'type=container'],
      ...['--filter', 'event=start', '--filter', 'event=health_status', '--format', `${label} {{.Action}}`],
    ]);
    const heard = endOf(listener);
    await compose('up', '--detach', '--scale', `sensor=${sensors}`);
    await wait(500);
    listener.kill('SIGTERM');
    const events = (await heard).stdout.split('\n');
    const first = (event: string): number => {
      expect(events).toContain(event);
      return events.indexOf(event);
    };
    for (const [gateway, sensor] of [
      ['gateway', 'sensor'],
      ['gateway-tls', 'sensor-tls'],
    ] as const) {
      expect(first('kafka health_status: healthy')).toBeLessThan(first(`${gateway} start`));
      expect(first(`${gateway} health_status: healthy`)).toBeLessThan(first(`${sensor} start`));
    }
    expect(events.filter((event) => event === 'sensor start')).toHaveLength(sensors);
  });

  it('has every limit and every hardening in effect', async () => {
    for (const { Id, Config, HostConfig } of await containers()) {
      expect([Config.Labels, HostConfig]).toMatchObject([
        { 'com.docker.compose.project': 'sensorsim' },
        {
          ReadonlyRootfs: true,
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges:true'],
          Init: true,
          Privileged: false,
          RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 },
          LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
          MemorySwap: HostConfig.Memory,
        },
      ]);
      for (const limit of ['Memory', 'NanoCpus', 'PidsLimit'] as const) {
        expect([Id, limit, Number(HostConfig[limit]) > 0]).toEqual([Id, limit, true]);
      }
    }
    for (const service of ['kafka', 'gateway', 'sensor', 'gateway-tls', 'sensor-tls']) {
      const { Id } = await only(service);
      const seen = await host.tryDocker('exec', Id, 'sh', '-c', 'touch /here; cat /proc/1/status');
      expect([service, seen.stderr]).toEqual([service, expect.stringContaining('Read-only file system')]);
      expect([service, seen.stdout]).toEqual([service, expect.stringMatching(/^Uid:\t1000\b/m)]);
      expect(seen.stdout).toMatch(/^CapEff:\t0+$/m);
      expect(seen.stdout).toMatch(/^NoNewPrivs:\t1$/m);
    }
  });

  it('publishes on loopback only, and keeps sensors away from Kafka', async () => {
    const published = new Map<string, number>();
    for (const one of await containers()) {
      const { Ports, Networks } = one.NetworkSettings;
      const bound = Object.values(Ports).flatMap((ports) => ports ?? []);
      expect(bound.map(({ HostIp }) => HostIp).filter((address) => address !== '127.0.0.1')).toEqual([]);
      published.set(serviceOf(one), bound.length);
      if (serviceOf(one).startsWith('sensor')) {
        expect(Object.keys(Networks)).toEqual(['sensorsim_devices']);
      }
    }
    expect(Object.fromEntries(published)).toEqual({
      kafka: 1,
      gateway: 4,
      'gateway-tls': 1,
      sensor: 0,
      'sensor-tls': 0,
    });
  });

  it('brings readings of every sensor to Kafka, each container under an id of its own', async () => {
    const expected = [...(await containers('sensor')), ...(await containers('sensor-tls'))]
      .map(({ Id }) => `temp-${Id.slice(0, 12)}-0001`)
      .sort();
    expect(expected).toHaveLength(sensors + 1);
    const devices = await topicWith(({ size }) => size === expected.length);
    expect([...devices.keys()].sort()).toEqual(expected);
  });

  it('starts a gateway anew that died, and loses nothing', async () => {
    const before = await only('gateway');
    await host.run('kill', ['-9', String(before.State.Pid)]);
    const own = new Set((await containers('sensor')).map(({ Id }) => `temp-${Id.slice(0, 12)}-0001`));
    const reached = Math.max(...[...(await topic())].map(([, numbers]) => Math.max(...numbers)));
    const of = (devices: Map<string, number[]>): number[][] =>
      [...devices].filter(([id]) => own.has(id)).map(([, numbers]) => numbers);
    const after = of(
      await topicWith((devices) => of(devices).every((numbers) => Math.max(...numbers) > reached + 1)),
    );
    expect((await only('gateway')).RestartCount).toBe(1);
    expect(after).toHaveLength(sensors);
    for (const numbers of after) {
      const last = Math.max(...numbers);
      expect(last).toBeGreaterThan(reached + 1);
      // Copies may be among them, since what was in doubt is sent again; gaps may not.
      expect(new Set(numbers).size).toBe(last + 1);
    }
  });

  it('leaves nothing behind at its end', async () => {
    await compose('down', '--volumes');
    expect(await host.docker('ps', '--all', '--quiet')).toBe('');
    expect(await host.docker('volume', 'ls', '--quiet')).toBe('');
    expect((await host.docker('network', 'ls', '--format', '{{.Name}}')).split('\n').sort()).toEqual([
      'bridge',
      'host',
      'none',
    ]);
  });
});
