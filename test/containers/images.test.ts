import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeOnDocker, type Host, type Hosts, startHosts } from '../support/docker/hosts.js';
import { type KafkaContainer, startKafkaContainer } from '../support/docker/kafka-container.js';

interface Start {
  readonly image: string;
  readonly memory?: string;
  readonly restart?: string;
  readonly hostname?: string;
  readonly volumes?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

describeOnDocker('the images', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sensorsim-images-'));
  let hosts: Hosts;
  let host: Host;
  let kafka: KafkaContainer;

  beforeAll(async () => {
    hosts = await startHosts(['one'], { images: ['base', 'kafka', 'sensorsim'] });
    host = hosts.host('one');
    await host.docker('network', 'create', 'lab');
    kafka = await startKafkaContainer(host, { network: 'lab' });
  });
  afterAll(async () => {
    await hosts?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a container as somebody whom the image does not know, without anything that it can do without. */
  const start = (
    name: string,
    { image, memory = '256m', restart = 'no', hostname = name, volumes = [], environment }: Start,
  ) =>
    host.docker(
      ...['run', '--detach', '--name', name, '--hostname', hostname, '--network', 'lab'],
      ...['--user', '4242:4242', '--read-only'],
      ...['--tmpfs', '/tmp:size=512m,noexec,nosuid,nodev', '--cap-drop', 'ALL', '--pids-limit', '64'],
      ...['--security-opt', 'no-new-privileges', '--restart', restart],
      ...['--memory', memory, '--memory-swap', memory],
      ...(image === 'gateway'
        ? ['--health-interval', '1s', '--health-retries', '2', '--health-timeout', '20s']
        : []),
      ...volumes.flatMap((volume) => ['--volume', volume]),
      ...Object.entries(environment).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
      `sensorsim/${image}`,
    );
  const state = (name: string, what: string): Promise<string> =>
    host.docker('inspect', '--format', `{{.${what}}}`, name);

  describe.each(['sensor', 'gateway', 'lab'])('sensorsim/%s', (name) => {
    it('adds less than 60 MB to the base, and says what it is', async () => {
      const [image = '', base = ''] = (
        await host.docker('image', 'inspect', '--format', '{{json .}}', `sensorsim/${name}`, 'node:24-slim')
      ).split('\n');
      const { Size: bytes, Config: config } = JSON.parse(image);
      const added = bytes - JSON.parse(base).Size;
      expect(added).toBeGreaterThan(1e6);
      expect(added).toBeLessThan(60e6);
      expect(config.Labels).toMatchObject({
        'org.opencontainers.image.title': `sensorsim ${name}`,
        'org.opencontainers.image.version': '0.1.0',
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.revision': expect.stringMatching(/^([0-9a-f]{40}(-dirty)?|unknown)$/),
      });
      expect(config).toMatchObject({ User: '1000', StopSignal: 'SIGTERM' });
      expect(config.Entrypoint[0]).toBe('node');
    });

    it('lists in its bill of materials just what is installed, and nothing for development', async () => {
      const code = `
        import { readdirSync, readFileSync } from 'node:fs';
        const read = (path) => JSON.parse(readFileSync(path));
        const packages = readdirSync('/app', { recursive: true }).filter((path) =>
          /(^|\\/)(node_modules\\/(@[^/]+\\/)?[^/]+|packages\\/[^/]+)\\/package\\.json$/.test(path));
        const named = ({ name, version }) => name + '@' + version;
        console.log(JSON.stringify({
          listed: read('/app/sbom.cdx.json').components.map(({ purl }) => decodeURIComponent(purl.slice(8).split('?')[0])),
          installed: packages.map((path) => named(read('/app/' + path))),
        }));`;
      const { listed, installed } = JSON.parse(
        await host.docker(
          ...['run', '--rm', '--network', 'none', '--entrypoint', 'node', `sensorsim/${name}`],
          ...['--input-type=module', '--eval', code],
        ),
      ) as { listed: string[]; installed: string[] };
      expect([...new Set(listed)].sort()).toEqual([...new Set(installed)].sort());
      expect(installed).toContain('sensorsim-shared@0.1.0');
      expect(installed.filter((each) => /^(typescript|vitest|@biomejs)/.test(each))).toEqual([]);
    });
  });

  it.concurrent.each([
    ['gateway', 'SENSORSIM_GATEWAY_ACK', 'kafak', 'kafka'],
    ['sensor', 'SENSORSIM_TYPE', 'temprature', 'temperature'],
    ['sensor', 'PI_PORT', 'mqtt', 'whole number from 1 to 65535'],
  ])(
    'sensorsim/%s says once a start what is wrong with %s=%s, and stays down',
    async (image, variable, value, hint) => {
      const name = `wrong-${variable.toLowerCase()}`;
      await start(name, { image, restart: 'on-failure:2', environment: { [variable]: value } });
      await vi.waitUntil(
        async () =>
          (await state(name, 'RestartCount')) === '2' && (await state(name, 'State.Status')) === 'exited',
        { timeout: 60_000, interval: 200 },
      );
      expect(await state(name, 'State.ExitCode')).toBe('2');
      const { stdout, stderr } = await host.tryDocker('logs', name);
      expect(stdout).toBe('');
      const problems = stderr.split('\n').filter((line) => line.startsWith('  - '));
      expect(problems, stderr).toHaveLength(3);
      expect(
        problems.every((line) => line.includes(variable) && line.includes(`"${value}"`)),
        stderr,
      ).toBe(true);
      expect(stderr).toContain(hint);
      expect(stderr).not.toMatch(/\n\s+at /);
    },
  );

  it('a gateway that acknowledges what is in Kafka is healthy, is not while Kafka is away, and is again', async () => {
    const environment = { SENSORSIM_GATEWAY_KAFKA: kafka.inside, SENSORSIM_GATEWAY_ACK: 'kafka' };
    await start('strict', { image: 'gateway', environment });
    await host.until('strict', 'healthy');
    await host.docker('network', 'disconnect', 'lab', kafka.name);
    await host.until('strict', 'unhealthy');
    await host.docker('network', 'connect', '--alias', kafka.name, 'lab', kafka.name);
    await host.until('strict', 'healthy');
    await host.docker('rm', '--force', '--volumes', 'strict');
  });

  describe('twenty sensor containers at a gateway with a spool', () => {
    const sensors = Array.from({ length: 20 }, (_, index) => `sensor-${index + 1}`);
    const received = async (): Promise<number> => {
      const ask = "fetch('http://127.0.0.1:9464/status').then((it) => it.text()).then(console.log)";
      return JSON.parse(await host.docker('exec', 'gateway', 'node', '--eval', ask)).counts.received;
    };
    const receives = async (): Promise<void> => {
      await host.until('gateway', 'healthy');
      const before = await received();
      await vi.waitUntil(async () => (await received()) > before + 40, { timeout: 90_000, interval: 500 });
    };

    beforeAll(async () => {
      await start('gateway', {
        image: 'gateway',
        restart: 'on-failure:5',
        volumes: ['gateway:/var/lib/sensorsim', 'login:/run/sensorsim'],
        environment: {
          SENSORSIM_GATEWAY_KAFKA: kafka.inside,
          SENSORSIM_GATEWAY_GATEWAY_ID: 'gateway',
          SENSORSIM_GATEWAY_FIRST_LOGIN: '/run/sensorsim/password',
        },
      });
      await host.until('gateway', 'healthy');
      const startSensor = (name: string): Promise<string> => {
        mkdirSync(join(folder, name));
        chmodSync(join(folder, name), 0o777);
        return start(name, {
          image: 'sensor',
          memory: '96m',
          restart: 'on-failure:5',
          volumes: [`${folder}/${name}:/var/lib/sensorsim`, 'login:/run/sensorsim:ro'],
          environment: {
            SENSORSIM_BROKER: 'mqtt://gateway:1883',
            SENSORSIM_USERNAME: 'sensor',
            SENSORSIM_PASSWORD_FILE: '/run/sensorsim/password',
            SENSORSIM_ID: `${name}-{n}`,
            SENSORSIM_QOS: '1',
            SENSORSIM_DELAY: '500ms',
            SENSORSIM_OFFLINE: 'queue:10000',
            SENSORSIM_RECORD: 'run',
          },
        });
      };
      await Promise.all(sensors.map(startSensor));
    });

    it('publish', async () => {
      await receives();
      const running = await host.docker(
        'ps',
        '--filter',
        'name=sensor-',
        '--filter',
        'status=running',
        '--quiet',
      );
      expect(running.split('\n')).toHaveLength(20);
    });

    it('go on when the gateway was stopped in order and started again', async () => {
      await host.docker('stop', 'gateway');
      // By SIGTERM, and not by SIGKILL (137) when the time was over.
      expect(await state('gateway', 'State.ExitCode')).toBe('143');
      await host.docker('start', 'gateway');
      await receives();
    });

    it('go on when the kernel killed the gateway for its memory, and the engine started it again', async () => {
      const since = String(Math.floor(Date.now() / 1_000));
      // Files in memory count as the container's, and the largest process is who is killed for them.
      const fill = "for (;;) require('fs').appendFileSync('/tmp/fill', Buffer.alloc(1e6))";
      await host.tryDocker('exec', 'gateway', 'node', '--eval', fill);
      await vi.waitUntil(async () => (await state('gateway', 'RestartCount')) === '1', {
        timeout: 60_000,
        interval: 200,
      });
      const until = String(Math.ceil(Date.now() / 1_000));
      expect(
        await host.docker('events', '--since', since, '--until', until, '--filter', 'event=oom'),
      ).toContain('name=gateway');
      await receives();
    });

    it('do not notice a second gateway of the same host name on the volume: it is turned away, and says by whom', async () => {
      await start('second', {
        image: 'gateway',
        hostname: 'gateway',
        volumes: ['gateway:/var/lib/sensorsim'],
        environment: { SENSORSIM_GATEWAY_KAFKA: kafka.inside, SENSORSIM_GATEWAY_STATE: '/tmp/state' },
      });
      expect(await host.docker('wait', 'second')).toBe('3');
      const { stderr } = await host.tryDocker('logs', 'second');
      expect(stderr).toMatch(/is held by process \d+ on gateway, which is running/);
      await receives();
    });

    it('lost nothing of it all', async () => {
      await host.docker('stop', '--time', '60', ...sensors);
      const { code, stdout, stderr } = await host.run('sensorsim-lab', [
        ...['audit', ...sensors.map((name) => join(folder, name, 'run')), '--kafka', kafka.outside, '--json'],
      ]);
      expect(code, stderr).toBe(0);
      const { audit } = JSON.parse(stdout);
      expect(audit).toMatchObject({ lost: 0, reordered: 0, deadLettered: 0, unexplained: 0 });
      expect(audit.acknowledged).toBeGreaterThan(200);
    });
  });
});
