import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type SuiteError } from 'sensorsim-shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerAddress } from './docker-address.js';
import { dockerOptions } from './docker-options.js';

let certs: string;
beforeAll(() => {
  certs = mkdtempSync(join(tmpdir(), 'docker-certs-'));
  for (const name of ['ca', 'cert', 'key']) {
    writeFileSync(join(certs, `${name}.pem`), name);
  }
});
afterAll(() => rmSync(certs, { recursive: true }));

function address(flags: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}) {
  const warnings: string[] = [];
  const { values } = loadConfig({ table: dockerOptions, prefix: 'SENSORSIM_LAB', flags, env: {} });
  return { ...dockerAddress(values, env, (line) => warnings.push(line)), warnings };
}

function problems(flags: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}) {
  try {
    address(flags, env);
  } catch (error) {
    return (error as SuiteError).problems;
  }
  throw new Error('nothing was wrong');
}

const tls = { ca: 'ca', cert: 'cert', key: 'key' };

describe('the address of an engine', () => {
  it('is a socket by flag, by variable, or the usual one', () => {
    expect(address({ docker: 'unix:///a/b' }, { DOCKER_HOST: 'tcp://other' })).toMatchObject({
      path: '/a/b',
    });
    expect(address({}, { DOCKER_HOST: 'unix:///c' })).toMatchObject({ kind: 'socket', path: '/c' });
    expect(address({}, { DOCKER_HOST: '' })).toMatchObject({ shown: 'unix:///var/run/docker.sock' });
  });

  it('is one with TLS where certificates are named, however they are', () => {
    for (const [flags, env] of [
      [{ docker: 'tcp://host', dockerCerts: certs }, {}],
      [{}, { DOCKER_HOST: 'tcp://host:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certs }],
      [{ docker: 'tcp://host' }, { DOCKER_CERT_PATH: certs }],
      [{ docker: 'tcp://host', dockerCa: join(certs, 'ca.pem') }, { DOCKER_CERT_PATH: certs }],
    ] as const) {
      expect(address(flags, env as Record<string, string>)).toMatchObject({
        kind: 'tcp',
        host: 'host',
        port: 2376,
        tls,
        warnings: [],
      });
    }
  });

  it('is without TLS on this machine, and elsewhere only where that is said, with a warning', () => {
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      expect(address({ docker: `tcp://${host}:2375` })).toMatchObject({
        port: 2375,
        tls: undefined,
        warnings: [],
      });
    }
    expect(problems({ docker: 'tcp://10.0.0.7:2375' })[0]).toMatch(
      /another machine, without TLS.*--docker-plain-tcp/,
    );
    const plain = address({ docker: 'tcp://10.0.0.7:2375', dockerPlainTcp: true });
    expect(plain).toMatchObject({
      tls: undefined,
      warnings: [expect.stringContaining('whoever reaches that port is root')],
    });
  });

  it('is refused with what would be right', () => {
    expect(problems({ docker: 'ssh://me@host' })[0]).toContain(
      'ssh -L /tmp/docker.sock:/var/run/docker.sock me@host',
    );
    for (const docker of ['host:2375', 'http://host', 'unix:relative', 'tcp://', 'tcp://host/v1.41']) {
      expect(problems({ docker })[0]).toBe(
        `--docker: "${docker}" is neither unix:///path nor tcp://host:port`,
      );
    }
    expect(problems({}, { DOCKER_HOST: 'npipe:////./pipe/x' })[0]).toMatch(/^DOCKER_HOST: /);
    expect(problems({ docker: 'tcp://host', dockerCerts: '/nowhere' })).toHaveLength(3);
    expect(problems({ docker: 'tcp://host', dockerCerts: '/nowhere' })[0]).toMatch(/^\/nowhere\/ca.pem: /);
  });
});
