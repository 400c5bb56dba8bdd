import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, inject, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = join(root, 'test/support/docker/hosts.sh');
const work = mkdtempSync(join(tmpdir(), 'hosts-'));
const dir = join(work, 'h');
const id = `h${process.pid.toString(36)}`;
const net = 200 + (process.pid % 50);
const tls = join(work, 'tls');
const env: NodeJS.ProcessEnv = { ...process.env, HOSTS_ID: id, HOSTS_NET: String(net) };

const hosts = (...args: string[]): string => execFileSync(script, args, { env, encoding: 'utf8' });
const docker = (host: string, ...args: string[]): string =>
  execFileSync('docker', ['-H', `unix://${dir}/${host}/docker.sock`, ...args], { encoding: 'utf8' }).trim();
const lines = (file: string, ...args: string[]): string[] =>
  (spawnSync(file, args, { encoding: 'utf8' }).stdout ?? '').split('\n').filter((line) => line !== '');

/** What hosts could leave on this machine. Other hosts come and go beside: what their ids name is not looked at. */
function machine(): Record<string, readonly string[]> {
  const ofOthers = (name: string): boolean => !name.startsWith(`${id}-`);
  return {
    namespaces: lines('ip', 'netns').filter((line) => !ofOthers(line)),
    links: lines('ip', '-o', 'link')
      .map((line) => line.split(': ')[1]?.replace(/@.*/, '') ?? '')
      .filter((name) => !name.endsWith('-root') || !ofOthers(name)),
    rules: ['iptables-save', 'ip6tables-save'].flatMap((program) =>
      lines(program)
        .filter((line) => /^[:*-]/.test(line))
        .map((line) => line.replace(/ \[.*/, '')),
    ),
    forwarding: [readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8')],
    mounts: lines('cat', '/proc/mounts').filter((line) => line.includes(work) || line.includes(`/${id}-`)),
    processes: lines(
      'sh',
      '-c',
      `grep -la -e ${work} /proc/[0-9]*/cmdline; grep -l hosts-${id} /proc/[0-9]*/cgroup; true`,
    ).filter((path) => !path.startsWith(`/proc/${process.pid}/`) && lives(path)),
    groups: lines('find', '/sys/fs/cgroup', '-maxdepth', '2', '-name', `hosts-${id}`),
    files: existsSync(dir) ? [dir] : [],
  };
}

/** Whether a process is more than an entry that its new parent, the machine's first process, has yet to read. */
function lives(path: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(join(path, '../stat'), 'utf8'));
  } catch {
    return false;
  }
}

/** A small image with nothing but `sleep`, of this machine's files. */
function importSleep(host: string): void {
  const files = ['/bin/sleep', ...lines('ldd', '/bin/sleep').flatMap((line) => /\/\S+/.exec(line) ?? [])];
  const archive = join(work, 'sleep.tar');
  execFileSync('tar', ['--create', '--dereference', '--absolute-names', '--file', archive, ...files]);
  docker(host, 'import', archive, 'sleep');
}

/** Whether a request with these certificates is let in, and if not, why. */
function knock(host: number, certificates: { cert?: Buffer; key?: Buffer; ca?: Buffer }): Promise<string> {
  return new Promise((resolve) => {
    request({ host: `10.77.${net}.${host}`, port: 2376, path: '/_ping', ...certificates }, (response) =>
      response.on('data', (text) => resolve(String(text))),
    )
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end();
  });
}

afterEach(() => void hosts('down', dir));
afterAll(() => rmSync(work, { recursive: true }));

describe.skipIf(inject('images') === undefined)('Docker hosts of the tests', () => {
  const before = machine();

  test('join a Swarm, run containers, take only who shows a certificate, and leave nothing behind', async () => {
    execFileSync(join(root, 'images/certificates.sh'), [tls, `10.77.${net}.1`, `10.77.${net}.2`], {
      stdio: 'ignore',
    });
    env.HOSTS_TLS = tls;
    hosts('up', dir, 'one', 'two');
    hosts('swarm', dir, 'one', 'two');
    importSleep('one');
    docker('one', 'run', '--detach', '--publish', '8000:8000', 'sleep', '/bin/sleep', '1000');
    expect(docker('one', 'node', 'ls', '--format', '{{.Hostname}} {{.Status}}').split('\n').sort()).toEqual([
      'one Ready',
      'two Ready',
    ]);

    const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFileSync(join(tls, name)));
    expect(await knock(2, { ca, cert, key } as Record<string, Buffer>)).toBe('OK');
    expect(await knock(2, { ca } as Record<string, Buffer>)).toMatch(
      /BAD_CERTIFICATE|CERTIFICATE_REQUIRED|ECONNRESET/,
    );
    execFileSync(join(root, 'images/certificates.sh'), [join(work, 'other'), 'localhost'], {
      stdio: 'ignore',
    });
    const [otherCert, otherKey] = ['cert.pem', 'key.pem'].map((name) =>
      readFileSync(join(work, 'other', name)),
    );
    expect(await knock(2, { ca, cert: otherCert, key: otherKey } as Record<string, Buffer>)).toMatch(
      /BAD_CERTIFICATE|UNKNOWN_CA|ECONNRESET|DECRYPT/,
    );

    expect(machine()).not.toEqual(before);
    hosts('down', dir);
    await expect.poll(machine).toEqual(before);
  });

  test('come back after a crash with their containers, and leave nothing behind when engines were killed', async () => {
    delete env.HOSTS_TLS;
    hosts('up', dir, 'one');
    importSleep('one');
    const container = docker('one', 'run', '--detach', '--restart', 'always', 'sleep', '/bin/sleep', '1000');
    hosts('crash', dir, 'one');
    await expect.poll(() => machine().processes).toEqual([]);
    hosts('start', dir, 'one');
    await expect
      .poll(() => docker('one', 'inspect', container, '--format', '{{.State.Running}}'), { timeout: 10_000 })
      .toBe('true');

    process.kill(Number(readFileSync(join(dir, 'one/pid'), 'utf8')), 'SIGKILL');
    // The container lives on without its engine, and so do those who watch over it.
    expect(machine().processes?.length).toBeGreaterThan(1);
    hosts('down', dir);
    await expect.poll(machine).toEqual(before);
    hosts('down', dir);
  });

  test.each(['a switch', 'a second host'])(
    'leave nothing behind when the script is killed as soon as there is %s',
    async (sign) => {
      const up = spawn(script, ['up', dir, 'one', 'two', 'three'], { env, stdio: 'ignore' });
      const ended = once(up, 'exit');
      const path = sign === 'a second host' ? join(dir, 'two/log') : `/run/netns/${id}-switch`;
      while (!existsSync(path) && up.exitCode === null) {
        await new Promise(setImmediate);
      }
      up.kill('SIGKILL');
      await ended;
      expect(up.signalCode).toBe('SIGKILL');
      expect(machine()).not.toEqual(before);
      hosts('down', dir);
      await expect.poll(machine).toEqual(before);
    },
  );
});
