import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { type Host, type Hosts, startHosts } from './hosts.js';

const images = fileURLToPath(new URL('../../../images', import.meta.url));
const name = 'sensorsim';

/** A task that runs. */
export interface Task {
  readonly id: string;
  readonly node: string;
}

/** What an audit printed. */
export interface Audited {
  readonly audit: Readonly<Record<string, number>>;
  readonly verdict: string;
  readonly broken: readonly string[];
}

/** Which service has which hosts: a label `role`. */
export const roles = { kafka: 'kafka', sensors: 'sensor', 'gateway-a': 'gateway', 'gateway-b': 'gateway' };

const gatewayHosts = Object.entries(roles).flatMap(([host, role]) => (role === 'gateway' ? [host] : []));

/** `images/stack.yaml` on hosts that are joined to a Swarm, set up as `docs/operations/swarm.md` says. */
export class SwarmStack {
  readonly hosts: Hosts;
  readonly #settings: Readonly<Record<string, string>>;
  #sensorsBefore = new Set<string>();

  private constructor(hosts: Hosts, settings: Readonly<Record<string, string>>) {
    this.hosts = hosts;
    this.#settings = settings;
  }

  /** Hosts, Swarm, labels, secrets, and the stack with everything but sensors. `settings`: variables of stack.yaml. */
  static async deploy(settings: Readonly<Record<string, string>>): Promise<SwarmStack> {
    const hosts = await startHosts(Object.keys(roles), { images: ['kafka', 'sensorsim'], inMemory: true });
    const stack = new SwarmStack(hosts, settings);
    try {
      await stack.#prepare();
      await stack.#deploy();
    } catch (error) {
      await hosts.stop();
      throw error;
    }
    return stack;
  }

  get manager(): Host {
    return this.hosts.host('kafka');
  }

  async #prepare(): Promise<void> {
    const { dir } = this.hosts.engines;
    await this.hosts.engines.script('swarm', ...Object.keys(roles));
    for (const [host, role] of Object.entries(roles)) {
      await this.manager.docker('node', 'update', '--label-add', `role=${role}`, host);
    }
    const password = join(dir, 'password');
    writeFileSync(password, randomBytes(16).toString('hex'), { mode: 0o644 });
    await this.manager.docker(
      ...['run', '--rm', '--network', 'none', '--user', '0', '--volume', `${dir}:/made`, 'sensorsim/gateway'],
      ...['passwd', '/made/passwords', 'sensor', '--password-file', '/made/password'],
    );
    await this.manager.docker('secret', 'create', 'sensorsim_password', password);
    await this.manager.docker('secret', 'create', 'sensorsim_passwords', join(dir, 'passwords'));
  }

  async #deploy(): Promise<void> {
    // A task counts as running from its first health check on: as it comes, each gateway takes five seconds for that.
    const hasten = join(this.hosts.engines.dir, 'hasten.yaml');
    const services = { gateway: { healthcheck: { interval: '2s' } } };
    writeFileSync(hasten, JSON.stringify({ version: '3.9', services }));
    const files = [join(images, 'stack.yaml'), join(images, 'stack-record.yaml'), hasten].flatMap((file) => [
      '-c',
      file,
    ]);
    const environment = { SENSORSIM_SENSORS: '0', ...this.#settings };
    const { code, stderr } = await this.manager.run(
      'docker',
      ['stack', 'deploy', '--resolve-image', 'never', ...files, name],
      { environment },
    );
    expect(code, stderr).toBe(0);
    await this.untilReady(2, 120_000);
  }

  /** Tasks of a service that run, by their host's name. */
  async tasks(service: string): Promise<readonly Task[]> {
    const format = '{{.ID}} {{.Node}} {{.CurrentState}}';
    const filter = ['--filter', 'desired-state=running', '--no-trunc', '--format', format];
    const lines = (await this.manager.docker('service', 'ps', `${name}_${service}`, ...filter)).split('\n');
    return lines
      .map((line) => line.split(' '))
      .filter(([, , state]) => state === 'Running')
      .map(([id = '', node = '']) => ({ id, node }))
      .sort((a, b) => a.node.localeCompare(b.node));
  }

  /** A page of a gateway's status port, by its host; undefined where it does not answer, or not with 200. */
  async #page(name: string, path: string): Promise<string | undefined> {
    const host = this.hosts.host(name);
    const { stdout: container } = await host.tryDocker(
      'ps',
      '--quiet',
      '--filter',
      'name=^sensorsim_gateway',
    );
    const { stdout: pid } = await host.tryDocker(
      'inspect',
      '--format',
      '{{.State.Pid}}',
      container.trim() || '-',
    );
    // In the container's network, without a process in it: the port is open to the networks of the stack alone.
    const curl = ['curl', '--silent', '--fail', '--max-time', '3', `http://127.0.0.1:9464${path}`];
    const { code, stdout } = await host.run('nsenter', ['--target', pid.trim() || '0', '--net', ...curl]);
    return code === 0 ? stdout : undefined;
  }

  /** Hosts whose gateway says that devices get what they are promised. */
  async readyGateways(): Promise<readonly string[]> {
    const pages = await Promise.all(gatewayHosts.map((host) => this.#page(host, '/readyz')));
    return gatewayHosts.filter((_, index) => pages[index] !== undefined);
  }

  /** How many devices are connected to each gateway, by host, and how much all have acknowledged since they run. */
  async traffic(): Promise<{ connections: Readonly<Record<string, number>>; acknowledged: number }> {
    const pages = await Promise.all(gatewayHosts.map((host) => this.#page(host, '/status')));
    const seen = pages.map((page) =>
      JSON.parse(page ?? '{"connections":{"total":0},"counts":{"acknowledged":0}}'),
    );
    return {
      connections: Object.fromEntries(
        gatewayHosts.map((host, index) => [host, seen[index].connections.total]),
      ),
      acknowledged: seen.reduce((sum, { counts }) => sum + counts.acknowledged, 0),
    };
  }

  /** Waits until that many devices are connected, and as many readings have been acknowledged five times meanwhile. */
  async untilFlowing(devices: number): Promise<void> {
    let before: number | undefined;
    const flowing = async () => {
      const { connections, acknowledged } = await this.traffic();
      expect(Object.values(connections).reduce((a, b) => a + b)).toBe(devices);
      // A gateway that is replaced begins to count anew.
      before = Math.min(before ?? acknowledged, acknowledged);
      expect(acknowledged - before).toBeGreaterThan(5 * devices);
    };
    await vi.waitFor(flowing, { timeout: 90_000, interval: 250 });
  }

  /** Waits until so many gateways are ready. */
  untilReady(gateways: number, limitMs = 90_000): Promise<void> {
    return vi.waitFor(async () => expect(await this.readyGateways()).toHaveLength(gateways), {
      timeout: limitMs,
      interval: 500,
    });
  }

  /** How an update of a service goes, or went: `completed`, `rollback_completed`, … */
  updateState(service: string): Promise<string> {
    return this.manager.docker(
      'service',
      'inspect',
      `${name}_${service}`,
      '--format',
      '{{.UpdateStatus.State}}',
    );
  }

  /** Starts an update of the gateways, and waits for its end, good or bad. */
  async update(...settings: readonly string[]): Promise<string> {
    const pace = ['--update-delay', '1s', '--update-monitor', '3s', '--rollback-monitor', '1s'];
    await this.manager.tryDocker('service', 'update', '--detach', ...pace, ...settings, `${name}_gateway`);
    await expect
      .poll(() => this.updateState('gateway'), { timeout: 120_000, interval: 500 })
      .toMatch(/completed|paused/);
    return this.updateState('gateway');
  }

  /** Starts sensors, and waits until they send. */
  async startSensors(replicas: number, devices: number): Promise<void> {
    this.#sensorsBefore = new Set(this.#records());
    await this.manager.docker('service', 'scale', '--detach', `${name}_sensor=${replicas}`);
    await this.untilFlowing(devices);
  }

  /** Ends the sensors, each with its run folder, and looks up in Kafka what they hold an acknowledgement for. */
  async stopSensorsAndAudit(): Promise<Audited> {
    const runs = this.#records().filter((run) => !this.#sensorsBefore.has(run));
    await this.manager.docker('service', 'scale', '--detach', `${name}_sensor=0`);
    const ended = (): boolean =>
      runs.every((run) => readdirSync(join(this.#recordsFolder, run)).includes('manifest.json'));
    await expect.poll(ended, { timeout: 30_000 }).toBe(true);
    const { stdout, stderr } = await this.hosts
      .host('sensors')
      .tryDocker(
        ...['run', '--rm', '--network', `${name}_backbone`, '--volume', `${name}_records:/records:ro`],
        ...[
          'sensorsim/lab',
          'audit',
          '--kafka',
          'kafka:9092',
          '--json',
          ...runs.map((run) => `/records/${run}`),
        ],
      );
    expect(stdout, stderr).toMatch(/^\{/);
    return JSON.parse(stdout);
  }

  get #recordsFolder(): string {
    return join(this.hosts.engines.dir, `sensors/data/volumes/${name}_records/_data`);
  }

  #records(): readonly string[] {
    try {
      return readdirSync(this.#recordsFolder);
    } catch {
      return [];
    }
  }
}
