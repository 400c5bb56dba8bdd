import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { installed } from '../support/installed.js';

const images = fileURLToPath(new URL('../../images/', import.meta.url));
const vm = join(images, 'vm');
const roles = ['sensor', 'gateway'];
const scratch = mkdtempSync(join(tmpdir(), 'sensorsim-vm-'));

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Exit code and everything that a command says. */
function outcome(
  command: string,
  ...args: string[]
): { readonly code: number | null; readonly said: string } {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  return { code: status, said: error?.message ?? `${stdout}${stderr}`.trim() };
}

const silent = { code: 0, said: '' };

/** Files below a folder that a test is about. */
const filesIn = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());

/** The schema that the installed cloud-init holds user-data to; its name has changed over time. */
function cloudInitSchema(): string {
  const [file] = readdirSync('/usr/lib/python3/dist-packages/cloudinit/config/schemas').filter((name) =>
    /^schema-cloud-config.*\.json$/.test(name),
  );
  return join('/usr/lib/python3/dist-packages/cloudinit/config/schemas', String(file));
}

describe.skipIf(!installed({ 'cloud-init': 'cloud-init' }))('user-data', () => {
  /** Every top-level key of a module, of the schema itself: cloud-init takes unknown ones in silence. */
  let known: Set<string>;
  const keysOf = (text: string): string[] => Object.keys(parse(text) as object);

  beforeAll(() => {
    const { $defs } = JSON.parse(readFileSync(cloudInitSchema(), 'utf8')) as {
      readonly $defs: Readonly<Record<string, { readonly properties?: object }>>;
    };
    known = new Set(
      Object.entries($defs).flatMap(([name, { properties = {} }]) =>
        name.startsWith('cc_') ? Object.keys(properties) : [],
      ),
    );
    expect(known.size).toBeGreaterThan(50);
  });

  const schema = (text: string) => {
    const file = join(scratch, 'user-data.yaml');
    writeFileSync(file, text);
    return outcome('cloud-init', 'schema', '--config-file', file);
  };

  it.each(roles)('of a %s host is taken by cloud-init', (role) => {
    const text = readFileSync(join(vm, `${role}.yaml`), 'utf8');
    expect(schema(text)).toMatchObject({ code: 0, said: expect.stringContaining('Valid cloud-config') });
    expect(keysOf(text).filter((key) => !known.has(key))).toEqual([]);
  });

  it('that is spoilt is not', () => {
    const text = readFileSync(join(vm, 'gateway.yaml'), 'utf8');
    expect(schema(text.replaceAll('permissions:', 'permisions:')).code).toBe(1);
    expect(schema(text.replace('#cloud-config', '#cloud-confg')).code).toBe(1);
    const unknown = keysOf(text.replace('packages:', 'packges:')).filter((key) => !known.has(key));
    expect(unknown).toEqual(['packges']);
  });
});

describe('scripts', () => {
  const scripts = [
    join(images, 'certificates.sh'),
    join(vm, 'host/usr/local/sbin/sensorsim-certificates'),
    ...filesIn(join(images, '../test/support/docker')).filter((file) => file.endsWith('.sh')),
  ];

  it.each(scripts.map((file) => [basename(file), file]))('%s parses', (_, file) => {
    expect(outcome('bash', '-n', file)).toEqual(silent);
  });

  it.skipIf(!installed({ shellcheck: 'shellcheck' }))('give shellcheck nothing to say', () => {
    expect(outcome('shellcheck', ...scripts)).toEqual(silent);
  });
});

describe.skipIf(!installed({ 'systemd-analyze': 'systemd' }))('units', () => {
  /** The file system of a host as far as systemd looks at it: units, and programs that do nothing. */
  function host(role: string, programs: readonly string[]): string {
    const root = mkdtempSync(join(scratch, 'root-'));
    for (const path of ['usr/bin/sh', ...programs]) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), '#!/bin/sh\n', { mode: 0o755 });
    }
    spawnSync('ln', ['-s', 'usr/bin', join(root, 'bin')]);
    const units = join(root, 'usr/lib/systemd/system');
    mkdirSync(units, { recursive: true });
    for (const target of readdirSync('/usr/lib/systemd/system').filter((name) => name.endsWith('.target'))) {
      cpSync(join('/usr/lib/systemd/system', target), join(units, target), { dereference: false });
    }
    // What Debian's package brings, as far as the drop-in of ours changes it.
    writeFileSync(
      join(units, 'docker.service'),
      '[Service]\nType=notify\nExecStart=/usr/sbin/dockerd -H fd://\n',
    );
    if (role === 'bare') {
      cpSync(join(vm, 'systemd'), units, { recursive: true });
    } else {
      cpSync(join(vm, 'host'), root, { recursive: true });
      cpSync(join(vm, role), root, { recursive: true });
    }
    return root;
  }
  const verify = (root: string, ...units: string[]) =>
    outcome('systemd-analyze', 'verify', '--man=no', `--root=${root}`, ...units);

  const engine = ['usr/bin/docker', 'usr/sbin/dockerd', 'usr/sbin/nft'];
  it.each([
    ['a gateway host', 'gateway', 'sensorsim-gateway.service'],
    ['a sensor host', 'sensor', 'sensorsim@fleet.service'],
  ])('of %s are in order', (_, role, unit) => {
    const root = host(role, engine);
    expect(verify(root, 'docker.service', 'sensorsim-firewall.service', unit)).toEqual(silent);
  });

  it('of hosts without Docker are in order, where npm puts programs on Debian and elsewhere', () => {
    for (const folder of ['usr/bin', 'usr/local/bin']) {
      const root = host('bare', ['usr/bin/kill', `${folder}/sensorsim`, `${folder}/sensorsim-gateway`]);
      expect(verify(root, 'sensorsim-gateway.service', 'sensorsim@fleet.service')).toEqual(silent);
    }
  });

  it('that are spoilt are not', () => {
    const bare = host('gateway', ['usr/bin/docker', 'usr/sbin/dockerd']);
    expect(verify(bare, 'sensorsim-firewall.service').said).toContain('nft is not executable');
    const root = host('gateway', engine);
    const file = join(root, 'etc/systemd/system/sensorsim-gateway.service');
    writeFileSync(file, readFileSync(file, 'utf8').replace('RestartSec=', 'RestartSecs='));
    expect(verify(root, 'sensorsim-gateway.service').said).toContain("Unknown key 'RestartSecs'");
  });

  it('of hosts without Docker leave the programs little to do harm with', () => {
    for (const unit of readdirSync(join(vm, 'systemd'))) {
      const { said } = outcome('systemd-analyze', 'security', '--offline=true', join(vm, 'systemd', unit));
      expect(said).toMatch(/Overall exposure level for .*: (0\.\d|1\.[0-5]) OK/);
    }
  });
});

describe('settings of the system', () => {
  it('are ones that the kernel has', () => {
    const text = readFileSync(join(vm, 'host/etc/sysctl.d/60-sensorsim.conf'), 'utf8');
    const keys = [...text.matchAll(/^([a-z][\w.]+) = \d/gm)].map(([, key]) => key as string);
    expect(keys.length).toBeGreaterThan(3);
    // Connection tracking's are there once it is loaded: the firewall's rules ask for it.
    outcome('modprobe', 'nf_conntrack');
    const missing = keys.filter((key) => !existsSync(join('/proc/sys', key.replaceAll('.', '/'))));
    const tracked = existsSync('/proc/sys/net/netfilter');
    expect(missing.filter((key) => tracked || !key.startsWith('net.netfilter.'))).toEqual([]);
  });

  const root = process.getuid?.() === 0;
  it.skipIf(!root || !installed({ 'systemd-sysusers': 'systemd', 'systemd-tmpfiles': 'systemd' }))(
    'make a user, and folders that are the programs’ alone',
    () => {
      const host = mkdtempSync(join(scratch, 'root-'));
      cpSync(join(vm, 'host/etc'), join(host, 'etc'), { recursive: true });
      expect(
        outcome('systemd-sysusers', `--root=${host}`, join(host, 'etc/sysusers.d/sensorsim.conf')).code,
      ).toBe(0);
      expect(readFileSync(join(host, 'etc/passwd'), 'utf8')).toContain('sensorsim:x:10001:10001:');
      expect(outcome('systemd-tmpfiles', `--root=${host}`, '--create', 'sensorsim.conf')).toEqual(silent);
      for (const folder of ['var/lib/sensorsim', 'etc/sensorsim/secrets']) {
        const { uid, mode } = statSync(join(host, folder));
        expect({ uid, mode: mode & 0o777 }, folder).toEqual({ uid: 10001, mode: 0o700 });
      }
    },
  );

  it.skipIf(!root || !installed({ nft: 'nftables', unshare: 'util-linux' })).each(roles)(
    'firewall of a %s host is taken by nft, again and again',
    (role) => {
      const file = join(vm, role, 'etc/sensorsim/firewall.nft');
      const twice = 'nft -f "$1" && nft -f "$1" && nft list chain inet sensorsim from-outside >/dev/null';
      expect(outcome('unshare', '--net', 'sh', '-c', twice, 'sh', file)).toEqual(silent);
    },
  );
});
