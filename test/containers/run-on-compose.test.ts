import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeOnDocker, endOf, type Host, type Hosts, startHosts } from '../support/docker/hosts.js';
import { root } from '../support/docker/image-files.js';
import type { Ended } from '../support/programs.js';

const program = process.env.SENSORSIM_COMPOSE ?? 'docker-compose';
const file = join(root, 'images/compose.yaml');
const lab = join(root, 'packages/lab/bin/sensorsim-lab.js');

const keeps = `
version: 1
claim: A gateway that is killed, and then cut off from Kafka, loses nothing that it acknowledged.
duration: 10s
clock: wall
fleet:
  rooms: { count: 20, delay: 250ms, offline: "queue:1000" }
gateway: { ack: spool }
faults:
  - { id: kill, fault: gateway.kill, at: 2s, for: 500ms }
  - { id: cut, fault: kafka.away, at: 6s, for: 2s }
expect:
  - delivery.lost = 0
  - delivery.reordered = 0
  - delivery.duplicatedUnmarked = 0
  - delivery.acknowledged > 100
`;

/** Users, two containers a group, and something that does not come true. */
const breaks = `
version: 1
claim: More is lost than was ever sent.
duration: 3s
clock: wall
fleet:
  rooms: { count: 6, delay: 500ms, credentials: { username: room, password: secret-of-rooms } }
gateway: { allow-anonymous: never }
expect:
  - delivery.lost = 0
  - delivery.acknowledged > 1000000
`;

const impossible = `
version: 1
claim: Nobody can play this on containers.
duration: 10s
clock: wall
fleet: { rooms: { count: 1 } }
gateway: { ack: spool }
faults:
  - { id: slow, fault: link.slow, at: 1s, for: 1s }
  - { id: full, fault: disk.full, at: 3s, for: 1s }
  - { id: kill, fault: gateway.kill, at: 5s, for: 1s }
  - { id: half, fault: link.hang, at: 7s, for: 1s, parameters: { direction: to-server } }
`;

describeOnDocker('a scenario on the containers of compose.yaml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'run-on-compose-'));
  let hosts: Hosts;
  let host: Host;
  let before: string[];

  const everything = async (): Promise<string[]> =>
    [
      await host.docker('ps', '--all', '--format', '{{.Names}} {{.State}}'),
      await host.docker('volume', 'ls', '--quiet'),
      await host.docker('network', 'ls', '--format', '{{.Name}}'),
    ]
      .join('\n')
      .split('\n')
      .sort();

  const run = (name: string, ...flags: string[]): Promise<Ended> =>
    host.run(process.execPath, [lab, 'run', name, '--on', 'compose', '--json', ...flags], { cwd: folder });

  beforeAll(async () => {
    const certificates = join(folder, 'certificates');
    execFileSync(join(root, 'images/certificates.sh'), [
      certificates,
      ...['127.0.0.1', 'localhost'],
      // Whichever network the hosts get.
      ...Array.from({ length: 180 }, (_, net) => `10.77.${net + 70}.1`),
    ]);
    for (const [name, text] of Object.entries({ keeps, breaks, impossible })) {
      writeFileSync(join(folder, `${name}.yaml`), text.trimStart());
    }
    hosts = await startHosts(['lab'], { images: ['kafka', 'sensorsim'], tls: certificates });
    host = hosts.host('lab');
    const { code, stderr } = await host.run(program, ['-f', file, 'up', '--detach']);
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    await host.until('sensorsim_gateway_1', 'healthy');
    before = await everything();
  });
  afterAll(async () => {
    await hosts?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('passes where a gateway that is killed and cut off from Kafka keeps its promises, and leaves nothing', async () => {
    const { code, stdout, stderr } = await run('keeps.yaml', '--out', 'keeps');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'pass',
      problems: [],
      deployment: { on: 'compose', project: 'sensorsim', containersPerGroup: 1 },
      gateway: { lives: 2 },
      audit: { lost: 0 },
      trace: { untraced: 0 },
      faults: [
        { id: 'kill', recoveryMs: expect.any(Number) },
        { id: 'cut', recoveryMs: expect.any(Number) },
      ],
    });
    expect(await everything()).toEqual(before);
  });

  it('fails where something expected does not come true; with users, shared groups, and an engine behind TLS', async () => {
    const flags = ['--docker', `tcp://${host.address}:2376`, '--docker-certs', 'certificates'];
    const { code, stdout, stderr } = await run(
      'breaks.yaml',
      '--out',
      'breaks',
      '--containers',
      '2',
      ...flags,
    );
    expect([code, code === 1 ? '' : stderr]).toEqual([1, '']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      verdict: 'fail',
      problems: [],
      deployment: { containersPerGroup: 2 },
      gateway: { refused: {}, lives: 1 },
    });
    expect(result.audit.acknowledged).toBe(result.audit.offered);
    expect(result.audit.found).toBe(result.audit.offered);
    const truth = readFileSync(join(folder, 'breaks', 'truth.ndjson'), 'utf8');
    expect(new Set([...truth.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id)).size).toBe(6);
    expect(await everything()).toEqual(before);
  });

  it('refuses what containers cannot play, all of it, before anything is made', async () => {
    const { code, stderr } = await run('impossible.yaml', '--out', 'impossible');
    expect(code).toBe(2);
    expect(stderr).toMatch(/slow \(link\.slow at 1s\) cannot be played on containers/);
    expect(stderr).toMatch(/full \(disk\.full at 3s\) cannot be played on containers/);
    expect(stderr).toMatch(/half \(link\.hang at 7s\).*direction is to-server/);
    expect(stderr).not.toContain('gateway.kill');
    expect(await everything()).toEqual(before);
  });

  it('says which projects there are where it cannot play on the one that is named', async () => {
    const { code, stderr } = await run('breaks.yaml', '--project', 'sensorsin');
    expect(code).toBe(3);
    expect(stderr).toMatch(/no Compose project sensorsin at unix:.*did you mean "sensorsim"/);
    expect(stderr).toContain('there is sensorsim with gateway, kafka, sensor');
  });

  it('ends, and says so, when the host is switched off in the middle', async () => {
    const argv = [lab, 'run', 'keeps.yaml', '--on', 'compose', '--out', 'off'];
    const running = host.start(process.execPath, argv, { cwd: folder });
    const ended = endOf(running);
    const truth = join(folder, 'off', 'truth.ndjson');
    await vi.waitUntil(() => existsSync(truth) && statSync(truth).size > 0, {
      timeout: 60_000,
      interval: 100,
    });
    await hosts.engines.script('crash', 'lab');
    const { code, stderr } = await ended;
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /the fleet in the container \S+ was lost: out of sight.*no answer from the engine at unix:/,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
