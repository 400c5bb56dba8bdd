import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SuiteError } from 'sensorsim-shared';
import { afterEach, describe, expect, it } from 'vitest';
import { connectDocker, type DockerEngine } from '../../docker/index.js';
import { findProject } from './compose-project.js';
import { kafkaOfProject } from './kafka-of-project.js';

interface Fake {
  readonly project: string;
  readonly service: string;
  readonly networks?: readonly string[];
  readonly state?: Readonly<Record<string, unknown>>;
  readonly ports?: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>>;
  readonly oneOff?: boolean;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const usual: Readonly<Record<string, Omit<Fake, 'project' | 'service'>>> = {
  kafka: {
    networks: ['backbone'],
    ports: { '9092/tcp': null, '9094/tcp': [{ HostIp: '127.0.0.1', HostPort: '9094' }] },
  },
  gateway: { networks: ['backbone', 'devices'] },
  sensor: { networks: ['devices'] },
};

/** A project as images/compose.yaml makes it, but for what is said. */
function lab(project: string, change: Readonly<Record<string, Partial<Fake> | null>> = {}): Fake[] {
  return Object.entries(usual).flatMap(([service, container]) =>
    change[service] === null ? [] : [{ project, service, ...container, ...change[service] }],
  );
}

/** An engine with these containers, asked in its own words. */
async function engineWith(containers: readonly Fake[]): Promise<DockerEngine> {
  const labels = ({ project, service, oneOff = false }: Fake) => ({
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.oneoff': oneOff ? 'True' : 'False',
  });
  const server = createServer((request, response) => {
    const [, id] = /^\/containers\/c(\d+)\/json/.exec(request.url ?? '') ?? [];
    const found = id === undefined ? undefined : (containers[Number(id)] as Fake);
    const answer =
      request.url === '/version'
        ? { Version: '99.1' }
        : found === undefined
          ? containers.map((one, at) => ({
              Id: `c${at}`,
              Labels: labels(one),
              State: one.state?.Running === false ? 'exited' : 'running',
            }))
          : {
              Id: `c${id}`,
              Name: `/${found.project}-${found.service}-1`,
              State: { Running: true, Paused: false, Status: 'running', ...found.state },
              NetworkSettings: {
                Networks: Object.fromEntries(
                  (found.networks ?? []).map((name) => [`${found.project}_${name}`, {}]),
                ),
                Ports: found.ports ?? {},
              },
            };
    response.end(JSON.stringify(answer));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return connectDocker({ kind: 'tcp', host: '127.0.0.1', port, tls: undefined, shown: 'the engine' });
}

async function problem(containers: readonly Fake[], wanted?: string): Promise<string> {
  const engine = await engineWith(containers);
  const error = (await findProject(engine, wanted).then(
    () => undefined,
    (caught: unknown) => caught,
  )) as SuiteError;
  expect(error.code).toBe('COMPOSE_NOT_READY');
  return [error.message, ...error.problems, error.hint].join('\n');
}

describe('the project that a run is played on', () => {
  it('is the only one with the services that a run needs, whatever else there is', async () => {
    const other: Fake = { project: 'shop', service: 'web' };
    const engine = await engineWith([
      other,
      ...lab('one'),
      { project: 'one', service: 'sensor', oneOff: true },
    ]);
    const project = await findProject(engine);
    expect(project).toMatchObject({ name: 'one', devices: 'one_devices', backbone: 'one_backbone' });
    expect(kafkaOfProject(project)).toBe('127.0.0.1:9094');
  });

  it('is the one that is named, where there are several', async () => {
    const both = [...lab('one'), ...lab('two')];
    expect(await problem(both)).toMatch(/several labs at the engine: one, two\n.*--project/s);
    expect(await findProject(await engineWith(both), 'two')).toMatchObject({ name: 'two' });
    expect(await problem(both, 'twoo')).toContain(
      'no Compose project twoo at the engine (did you mean "two"?)',
    );
  });

  it('is missed with what there is instead', async () => {
    expect(await problem([{ project: 'shop', service: 'web' }])).toContain('there is shop with web');
    expect(await problem([])).toContain('docker compose -f images/compose.yaml up');
  });

  it('is to be well: everything that is not is said at once', async () => {
    const said = await problem(
      lab('one', {
        kafka: { state: { Paused: true } },
        gateway: { state: { Health: { Status: 'unhealthy', Log: [{ Output: 'no answer\n' }] } } },
        sensor: null,
      }),
      'one',
    );
    expect(said).toContain('kafka (one-kafka-1) is paused: docker unpause one-kafka-1');
    expect(said).toContain('gateway (one-gateway-1) is unhealthy: no answer');
    expect(said).toContain('no container of sensor: up --scale sensor=1');
    const dead = { Running: false, Status: 'exited', ExitCode: 2 };
    expect(await problem(lab('one', { gateway: { state: dead } }))).toContain('it is exited, exit code 2');
    // Nothing is made of a sensor but its image and its limits.
    await findProject(await engineWith(lab('one', { sensor: { networks: ['devices'], state: dead } })));
  });

  it('needs a network for devices and another for Kafka', async () => {
    expect(await problem(lab('one', { kafka: { networks: ['devices'] } }))).toContain('the networks of');
    expect(await problem(lab('one', { sensor: { networks: ['elsewhere'] } }))).toContain('the networks of');
  });

  it('publishes its Kafka once, or --kafka says where it is', async () => {
    const none: Record<string, { HostIp: string; HostPort: string }[]> = {};
    const two = { a: [{ HostIp: '', HostPort: '1' }], b: [{ HostIp: '10.0.0.1', HostPort: '2' }] };
    for (const ports of [none, two]) {
      const project = await findProject(await engineWith(lab('one', { kafka: { ports } })));
      expect(() => kafkaOfProject(project)).toThrow(
        /publishes (no port|several ports \(127.0.0.1:1, 10.0.0.1:2\))/,
      );
    }
  });
});
