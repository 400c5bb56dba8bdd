import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/programs.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = ['sensor', 'gateway', 'lab'];
const dockerfile = (name: string): string => readFileSync(join(root, 'images', name, 'Dockerfile'), 'utf8');

describe('the Dockerfiles', () => {
  it('have the same first stage to the letter, so that an engine builds it once', () => {
    const stages = names.map((name) => dockerfile(name).split('\nFROM build')[0]);
    expect(new Set(stages).size).toBe(1);
    expect(stages[0]).toContain('ARG NODE_IMAGE=node:24-slim');
  });

  it.each(names)('of %s keeps to what the classic builder and BuildKit both know', (name) => {
    expect(dockerfile(name)).not.toMatch(/^#\s*syntax=|--mount|--link|<<|--chmod|--platform/m);
    expect(dockerfile(name)).toMatch(/^ENTRYPOINT \["node", .*\]$/m);
    expect(dockerfile(name)).toMatch(/^USER 1000$/m);
  });

  it('are all in the file for buildx, by their names', () => {
    const bake = readFileSync(join(root, 'images/docker-bake.hcl'), 'utf8');
    expect(bake.match(/\["sensor", "gateway", "lab"\]/g)).toHaveLength(2);
    expect(bake).toContain('platforms  = ["linux/amd64", "linux/arm64"]');
  });
});

describe('npm run images', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sensorsim-no-docker-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const images = (path: string, ...args: string[]) => imagesWith({}, path, ...args);
  const imagesWith = (environment: Readonly<Record<string, string>>, path: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'scripts/images.js'), ...args], {
      encoding: 'utf8',
      env: { ...environment, PATH: path, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });

  it('says that there is no docker, and which engine does not answer', () => {
    const none = images(folder);
    expect([none.status, none.stdout]).toEqual([3, '']);
    expect(none.stderr).toContain('docker is not installed');
    // Any program that fails stands for a client whose engine is away.
    symlinkSync('/bin/false', join(folder, 'docker'));
    const away = images(folder);
    expect(away.status).toBe(3);
    expect(away.stderr).toContain('no Docker engine at unix:///nowhere/docker.sock');
  });

  it.each([
    ['node:24-slim', {}, []],
    ['mirror/node:26', { NODE_IMAGE: 'mirror/node:26' }, []],
    ['node:25-slim', { NODE_IMAGE: 'mirror/node:26' }, ['--node-image', 'node:25-slim']],
  ])('builds on %s with %o and %j, and ends with 4 where a build fails', (base, environment, args) => {
    const path = join(folder, 'failing');
    mkdirSync(path, { recursive: true });
    // A client whose builds fail once they have said what was asked for.
    const client = '#!/bin/sh\n[ "$1" = version ] && echo 99.0 && exit\necho "$@" >&2\nexit 1\n';
    writeFileSync(join(path, 'docker'), client, { mode: 0o755 });
    const { status, stderr } = imagesWith(environment, path, '--only', 'gateway', ...args);
    expect(status).toBe(4);
    expect(stderr).toContain(`--build-arg NODE_IMAGE=${base} `);
    expect(stderr).toContain('sensorsim/gateway was not built (docker build ended with 1)');
  });

  it('refuses what it does not know', () => {
    expect(images(folder, '--only', 'sensor,gatway')).toMatchObject({
      status: 2,
      stderr: 'images: --only: there is no image "gatway"; known: sensor, gateway, lab\n',
    });
    expect(images(folder, '--tag', 'x')).toMatchObject({ status: 2, stdout: '' });
    expect(images(folder, '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('--node-image'),
    });
  });
});

describe('the health check of the gateway image', () => {
  let server: Server;
  let port: number;
  let asked: string | undefined;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked = request.url;
      response.writeHead(request.url === '/livez' ? 200 : 503).end('records do not become safe\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => void server?.close());

  const check = (http: string | undefined, ...args: string[]) =>
    run('env', [
      ...(http === undefined ? [] : [`SENSORSIM_GATEWAY_HTTP=${http}`]),
      ...[process.execPath, join(root, 'images/gateway/health.js'), ...args],
    ]);

  it.each(['0.0.0.0:', '127.0.0.1:', ''])(
    'asks where SENSORSIM_GATEWAY_HTTP=%sPORT listens',
    async (before) => {
      expect(await check(`${before}${port}`)).toMatchObject({
        code: 1,
        stdout: 'records do not become safe\n',
      });
      expect(asked).toBe('/readyz');
      expect(await check(`${before}${port}`, '/livez')).toMatchObject({ code: 0 });
    },
  );

  it('fails, with the reason in words, where nothing answers and where there is nothing to ask', async () => {
    const away = await check('127.0.0.1:1');
    expect([away.code, away.stdout]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
    const off = await check('off');
    expect([off.code, off.stdout]).toEqual([1, expect.stringContaining('--no-healthcheck')]);
  });
});
