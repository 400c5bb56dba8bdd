import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ContainerInspection } from '../../docker/index.js';
import type { ComposeProject } from './compose-project.js';
import { fleetSpec, gatewaySpec } from './container-specs.js';
import { gatewayVariables } from './gateway-variables.js';

const folder = mkdtempSync(join(tmpdir(), 'container-specs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const service = (env: readonly string[]): ContainerInspection =>
  ({
    Image: 'sha256:abc',
    Config: { User: '1000', WorkingDir: '/var/lib/sensorsim', Env: env, Image: 'sensorsim/gateway:latest' },
    HostConfig: {
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Memory: 1024,
      NanoCpus: 5e8,
      Sysctls: null,
      PortBindings: { '1883/tcp': [{ HostIp: '127.0.0.1', HostPort: '1883' }] },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 },
      NetworkMode: 'lab_backbone',
      Binds: ['lab_gateway:/var/lib/sensorsim:rw'],
    },
    Mounts: [
      { Type: 'volume', Name: 'lab_gateway', Source: '/x', Destination: '/var/lib/sensorsim', RW: true },
      { Type: 'bind', Source: '/etc/kafka-ca.pem', Destination: '/run/kafka-ca.pem', RW: false },
      { Type: 'tmpfs', Source: '', Destination: '/tmp', RW: true },
    ],
  }) as unknown as ContainerInspection;

const project = {
  name: 'lab',
  devices: 'lab_devices',
  backbone: 'lab_backbone',
  gateway: service([
    'PATH=/bin',
    'SENSORSIM_GATEWAY_KAFKA=kafka:9092',
    'SENSORSIM_GATEWAY_HOLD=1s',
    'SENSORSIM_GATEWAY_FIRST_LOGIN=log',
    'SENSORSIM_GATEWAY_ALLOW_ANONYMOUS=never',
  ]),
  sensor: service(['PATH=/bin', 'SENSORSIM_BROKER=mqtt://gateway', 'SENSORSIM_TYPE=light']),
} as unknown as ComposeProject;

const labels = { 'sensorsim.run': 'r' };

it('makes a gateway like that of the service, with what a scenario says of it, and a place, users and a disk of its own', () => {
  const env = ['SENSORSIM_GATEWAY_HOLD=2s', 'SENSORSIM_GATEWAY_ALLOW_ANONYMOUS=everywhere'];
  const spec = gatewaySpec({ project, name: 'g', alias: 'run-1', labels, env });
  expect(spec).toMatchObject({
    name: 'g',
    Image: 'sha256:abc',
    User: '1000',
    Labels: labels,
    Cmd: ['--json'],
  });
  const given = new Map((spec.Env ?? []).map((line) => line.split('=', 2) as [string, string]));
  expect(given.get('SENSORSIM_GATEWAY_KAFKA')).toBe('kafka:9092');
  expect(given.get('SENSORSIM_GATEWAY_HOLD')).toBe('2s');
  expect(given.get('SENSORSIM_GATEWAY_ALLOW_ANONYMOUS')).toBe('everywhere');
  // Empty, because left out they would be those of the image.
  expect(given.get('SENSORSIM_GATEWAY_FIRST_LOGIN')).toBe('');
  expect(given.get('SENSORSIM_GATEWAY_PASSWORDS')).toBe('');
  expect(spec.Env).toHaveLength(given.size);
  expect(spec.NetworkingConfig).toEqual({ EndpointsConfig: { lab_devices: { Aliases: ['run-1'] } } });
  expect(spec.HostConfig).toEqual({
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    Memory: 1024,
    NanoCpus: 5e8,
    NetworkMode: 'lab_devices',
    RestartPolicy: { Name: 'no' },
    Mounts: [
      { Type: 'volume', Source: '', Target: '/var/lib/sensorsim', ReadOnly: false },
      { Type: 'bind', Source: '/etc/kafka-ca.pem', Target: '/run/kafka-ca.pem', ReadOnly: true },
    ],
  });
});

it('makes containers for fleets that know nothing of the sensors of the service', () => {
  const spec = fleetSpec({ project, name: 'f', labels });
  expect(spec.Env).toEqual(['PATH=/bin']);
  expect(spec.Entrypoint).toEqual(['node', '/app/packages/sensor/bin/sensorsim-fleet.js']);
  expect(spec.HostConfig).toMatchObject({ LogConfig: { Type: 'none' }, NetworkMode: 'lab_devices' });
  expect(spec).toMatchObject({ OpenStdin: true, StdinOnce: true, AttachStdin: true });
});

it('gives settings as variables, and the files that they name along with them', () => {
  const passwords = join(folder, 'users');
  writeFileSync(passwords, 'room:hash\n');
  const settings = {
    ack: 'spool',
    createTopics: false,
    listen: ['mqtt://a', 'ws://b'],
    hold: 2000,
    spool: undefined,
    passwords,
  };
  expect(gatewayVariables({ settings, folder: '/var/lib/sensorsim', owner: 1000 })).toEqual({
    env: [
      'SENSORSIM_GATEWAY_ACK=spool',
      'SENSORSIM_GATEWAY_CREATE_TOPICS=false',
      'SENSORSIM_GATEWAY_LISTEN=mqtt://a,ws://b',
      'SENSORSIM_GATEWAY_HOLD=2000',
      'SENSORSIM_GATEWAY_PASSWORDS=/var/lib/sensorsim/scenario-passwords',
    ],
    files: [{ name: 'scenario-passwords', content: Buffer.from('room:hash\n'), owner: 1000 }],
  });
  expect(() => gatewayVariables({ settings: { acl: '/nowhere' }, folder: '/', owner: 0 })).toThrow(
    /cannot read \/nowhere/,
  );
});
