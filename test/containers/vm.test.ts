import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeOnDocker, endOf, type Host, type Hosts, startHosts } from '../support/docker/hosts.js';
import { root } from '../support/docker/image-files.js';
import { environmentFile, unitCommand } from '../support/systemd-unit.js';

const vm = join(root, 'images/vm');
/** What `--user` of the units is. */
const user = 10001;
/** A host's files stand below a folder here: what a command names is looked for there. */
const inFolder = (folder: string, words: readonly string[]): string[] =>
  words.map((word) => word.replace(/^(\/etc\/sensorsim|\/var\/lib\/sensorsim|\/etc\/docker)/, `${folder}$1`));

/** Files of a host as cloud-init writes them, with folders that tmpfiles.d makes. */
function hostFolder(scratch: string, role: string): string {
  const folder = join(scratch, role);
  for (const source of ['host', role]) {
    cpSync(join(vm, source), folder, { recursive: true });
  }
  for (const own of ['var/lib/sensorsim', 'etc/sensorsim/secrets']) {
    mkdirSync(join(folder, own), { recursive: true, mode: 0o700 });
    chownSync(join(folder, own), user, user);
  }
  return folder;
}

/** Runs what a unit runs. A container here may not open more files than the engine may. */
function startUnit(host: Host, folder: string, unit: string, instance = ''): ChildProcess {
  const variables = {
    ...environmentFile(join(folder, 'etc/sensorsim/container.env')),
    OPEN_FILES: '4096',
  };
  const [command, ...args] = inFolder(
    folder,
    unitCommand(join(folder, 'etc/systemd/system', unit), 'ExecStart', {
      variables,
      specifiers: { H: host.name, i: instance },
    }),
  );
  return host.start(command as string, args);
}

const setSettings = (folder: string, file: string, settings: Readonly<Record<string, string>>): void => {
  const path = join(folder, 'etc/sensorsim', file);
  const lines = Object.entries({ ...environmentFile(path), ...settings }).map(
    ([key, value]) => `${key}=${value}`,
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
};

describeOnDocker('hosts as cloud-init makes them', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'sensorsim-vm-'));
  const outside = { gateway: '203.0.113.1', sensor: '203.0.113.2' };
  const started: ChildProcess[] = [];
  let hosts: Hosts;
  let gateway: Host;
  let sensor: Host;
  let folders: { readonly gateway: string; readonly sensor: string };
  let service: ChildProcess;
  let log = '';

  beforeAll(async () => {
    hosts = await startHosts(['gateway', 'sensor'], { images: ['sensorsim'] });
    gateway = hosts.host('gateway');
    sensor = hosts.host('sensor');
    folders = { gateway: hostFolder(scratch, 'gateway'), sensor: hostFolder(scratch, 'sensor') };
    for (const [name, address] of Object.entries(outside)) {
      spawnSync('ip', [
        '-n',
        `${hosts.engines.id}-${name}`,
        'address',
        'add',
        `${address}/24`,
        'dev',
        'eth0',
      ]);
    }
    // In the place of Kafka; and what listens on the machine itself: its login, and an engine without TLS.
    setSettings(folders.gateway, 'gateway.env', { SENSORSIM_GATEWAY_TO: 'topic:/var/lib/sensorsim/topic' });
    started.push(
      gateway.start('node', [
        '-e',
        'for (const port of [22, 2375, 2376]) require("net").createServer((s) => s.end()).listen(port)',
      ]),
    );
    service = startUnit(gateway, folders.gateway, 'sensorsim-gateway.service');
    service.stdout?.on('data', (text) => {
      log += text;
    });
    service.stderr?.on('data', (text) => {
      log += text;
    });
    const there = async () => (await gateway.tryDocker('inspect', 'sensorsim-gateway')).code === 0;
    await vi.waitUntil(there, { timeout: 30_000, interval: 100 });
    await gateway.until('sensorsim-gateway', 'healthy');
  });

  afterAll(async () => {
    for (const process of started) {
      process.kill('SIGKILL');
    }
    await hosts?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Ports of an address that answer, dialled from another host. */
  async function open(address: string, ports: readonly number[], from = sensor): Promise<number[]> {
    const answers = await Promise.all(
      ports.map((port) => from.run('timeout', ['2', 'bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`])),
    );
    return ports.filter((_, index) => answers[index]?.code === 0);
  }
  const loadFirewall = (role: 'gateway' | 'sensor') =>
    gateway.run('nft', ['-f', join(folders[role], 'etc/sensorsim/firewall.nft')]);

  it('keep a gateway that has little of the machine', async () => {
    const [inspected] = JSON.parse(await gateway.docker('inspect', 'sensorsim-gateway')) as {
      readonly Config: { readonly User: string; readonly Hostname: string; readonly StopTimeout: number };
      readonly HostConfig: Readonly<Record<string, unknown>>;
    }[];
    expect(inspected).toMatchObject({
      // The host's name, which is the gateway's id: another one at each start would be another gateway.
      Config: { User: '10001:10001', Hostname: 'gateway', StopTimeout: 60 },
      HostConfig: {
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Memory: 2 ** 30,
        MemorySwap: 2 ** 30,
        PidsLimit: 128,
        Privileged: false,
        NetworkMode: 'default',
      },
    });
  });

  it('bring readings from a sensor host to a gateway host', async () => {
    const [, password] = /password ([0-9a-f]{16,})/.exec(log) ?? [];
    const secret = join(folders.sensor, 'etc/sensorsim/secrets/password');
    writeFileSync(secret, password ?? 'none', { mode: 0o400 });
    chownSync(secret, user, user);
    setSettings(folders.sensor, 'fleet.env', {
      SENSORSIM_BROKER: `mqtt://${gateway.address}:1883`,
      SENSORSIM_DELAY: '50',
      SENSORSIM_LIMIT: '40',
    });
    expect(await endOf(startUnit(sensor, folders.sensor, 'sensorsim@.service', 'fleet'))).toMatchObject({
      code: 0,
    });
    const { stdout } = await sensor.run('curl', ['-s', `http://${gateway.address}:9464/status`]);
    expect(JSON.parse(stdout)).toMatchObject({ counts: { acknowledged: 40, deadLettered: 0 } });
  });

  it('tell a mistake in the settings by the exit code that no restart follows', async () => {
    setSettings(folders.sensor, 'fleet.env', { SENSORSIM_COUNT: 'many' });
    const { code, stderr } = await endOf(startUnit(sensor, folders.sensor, 'sensorsim@.service', 'fleet'));
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('SENSORSIM_COUNT') });
  });

  it('wait for an image that is not there, and fetch none', async () => {
    setSettings(folders.sensor, 'container.env', { IMAGE: 'sensorsim/sensor:absent' });
    expect(await endOf(startUnit(sensor, folders.sensor, 'sensorsim@.service', 'fleet'))).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(/No such image/i),
    });
  });

  it('let in what each is for, also to what containers publish', async () => {
    const script = 'require("net").createServer((s) => s.end()).listen(9999)';
    await gateway.docker(
      'run',
      '--detach',
      '--rm',
      '--name',
      'careless',
      '--publish',
      '9999:9999',
      '--entrypoint',
      'node',
      'sensorsim/gateway',
      '-e',
      script,
    );
    const address = await gateway.docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', 'careless');
    // A neighbour that sends packets for the container itself: Docker lets them through to what is published.
    spawnSync('ip', [
      '-n',
      `${hosts.engines.id}-sensor`,
      'route',
      'add',
      `${address}/32`,
      'via',
      gateway.address,
    ]);
    const ports = [22, 1883, 2375, 2376, 8080, 9464, 9999];
    // Without a firewall all of it is open, whatever rules for input say.
    await expect.poll(() => open(gateway.address, ports), { timeout: 10_000 }).toEqual(ports);
    expect(await open(address, [9999])).toEqual([9999]);

    expect(await loadFirewall('gateway')).toMatchObject({ code: 0, stderr: '' });
    expect(
      await Promise.all([open(gateway.address, ports), open(outside.gateway, ports), open(address, [9999])]),
    ).toEqual([[22, 1883, 2376, 8080, 9464], [22], []]);

    expect(await loadFirewall('sensor')).toMatchObject({ code: 0, stderr: '' });
    expect(
      await Promise.all([open(gateway.address, ports), open(outside.gateway, ports), open(address, [9999])]),
    ).toEqual([[22, 2376], [22], []]);
  });

  it('let containers reach other machines, but not the engine that they run on', async () => {
    const dial = (port: number, host: string) =>
      `new Promise((done) => { const s = require("net").connect({ port: ${port}, host: "${host}", timeout: 1500 });
        for (const [event, word] of [["connect", "open"], ["timeout", "silent"], ["error", "refused"]]) s.on(event, () => { s.destroy(); done(word); }); })`;
    const script = `Promise.all([${dial(2376, gateway.address)}, ${dial(22, gateway.address)}, ${dial(1883, gateway.address)}, ${dial(1, sensor.address)}])
      .then((words) => console.log(words.join(" ")))`;
    await loadFirewall('gateway');
    // Nothing listens at port 1 of the other machine, which says so.
    expect(await gateway.docker('exec', 'careless', 'node', '-e', script)).toBe('silent silent open refused');
  });

  it('stop a gateway in good order', async () => {
    const [command, ...args] = unitCommand(
      join(folders.gateway, 'etc/systemd/system/sensorsim-gateway.service'),
      'ExecStop',
    );
    const ended = once(service, 'exit');
    expect(await gateway.run(command as string, args)).toMatchObject({ code: 0 });
    expect(await ended).toEqual([143, null]);
    expect(log).toContain('SIGTERM: stopping');
    const unit = readFileSync(join(folders.gateway, 'etc/systemd/system/sensorsim-gateway.service'), 'utf8');
    expect(unit).toContain('SuccessExitStatus=143');
  });

  it('open the API of Docker to clients with a certificate, and to no others', async () => {
    // The scripts of the host, in its network, with an /etc of its own.
    const upper = join(scratch, 'upper');
    const script = `hostname vm-1
      mount -t overlay overlay -o lowerdir=/etc,upperdir=$1,workdir=$2 /etc
      mount -t tmpfs tmpfs /usr/local/sbin && cp ${root}/images/certificates.sh "$3"/usr/local/sbin/sensorsim-certificates /usr/local/sbin
      mkdir -p /etc/sensorsim && echo vm-1.example.org >/etc/sensorsim/certificate-names
      sensorsim-certificates && before=$(cat /etc/docker/tls/server-cert.pem) && sensorsim-certificates
      [ "$before" = "$(cat /etc/docker/tls/server-cert.pem)" ]`;
    mkdirSync(upper);
    mkdirSync(join(scratch, 'work'));
    expect(
      await sensor.run('unshare', [
        ...['--mount', '--uts', 'bash', '-euc', script, 'bash'],
        ...[upper, join(scratch, 'work'), folders.sensor],
      ]),
    ).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(`DNS:vm-1,.*IP:${sensor.address}.*DNS:vm-1.example.org`),
    });
    cpSync(join(upper, 'docker/tls'), join(folders.sensor, 'etc/docker/tls'), { recursive: true });

    // An engine with the flags of the drop-in, beside the host's own; what ends the host's ends it too.
    const dir = join(hosts.engines.dir, 'api');
    mkdirSync(join(dir, 'exec'), { recursive: true });
    const dropIn = join(folders.sensor, 'etc/systemd/system/docker.service.d/sensorsim.conf');
    const [command, ...flags] = inFolder(
      folders.sensor,
      unitCommand(dropIn, 'ExecStart').map((word) => word.replace('=/etc', `=${folders.sensor}/etc`)),
    );
    const own = flags
      .filter((word) => !word.startsWith('--containerd='))
      .map((word) => (word === 'fd://' ? `unix://${dir}/docker.sock` : word));
    const apart = ['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'];
    started.push(
      sensor.start(command as string, [
        ...own,
        ...apart,
        ...[
          '--data-root',
          join(dir, 'data'),
          '--exec-root',
          join(dir, 'exec'),
          '--pidfile',
          join(dir, 'pid'),
        ],
      ]),
    );
    await sensor.run('nft', ['-f', join(folders.sensor, 'etc/sensorsim/firewall.nft')]);
    await expect.poll(() => open(sensor.address, [2376], gateway), { timeout: 30_000 }).toEqual([2376]);

    const ask = (certificates: string, address: string) =>
      gateway.run('docker', ['--tlsverify', 'version', '--format', '{{.Server.Os}}'], {
        environment: {
          DOCKER_HOST: `tcp://${address}:2376`,
          DOCKER_CERT_PATH: certificates,
          DOCKER_TLS_VERIFY: '1',
        },
      });
    const tls = join(folders.sensor, 'etc/docker/tls');
    expect(await ask(tls, sensor.address)).toMatchObject({ code: 0, stdout: 'linux\n' });
    // Its authority alone lets nobody in.
    const bare = join(scratch, 'bare');
    mkdirSync(bare);
    spawnSync(join(root, 'images/certificates.sh'), [bare, 'localhost']);
    cpSync(join(tls, 'ca.pem'), join(bare, 'ca.pem'));
    expect((await ask(bare, sensor.address)).stderr).toMatch(
      /bad certificate|certificate required|unknown certificate/,
    );
    const plain = await gateway.run('curl', ['-s', `http://${sensor.address}:2376/version`]);
    expect(plain.stdout).toBe('Client sent an HTTP request to an HTTPS server.\n');
  });
});
