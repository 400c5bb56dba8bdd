import { request as httpRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeOnDocker, type Host, type Hosts, startHosts } from '../support/docker/hosts.js';

const id = 'IoTProducer1_IoT_temperature_sensor_1_3000';
/** As the Experiment Tool of 2018 sets it. */
const oldEnvironment = {
  PI_IP: 'gateway',
  PI_PORT: '1880',
  NUM_MSG: '20',
  SENSOR_ID: id,
  DELAY: '20000',
};

/**
 * What the sensor of 2018 does, in its own order: connect, send one line, read until the server closes, sleep. Prints each reply's
 * first line, and its length.
 */
const oldSensor = `
const [host, path, count] = process.argv.slice(1);
const once = () => new Promise((resolve) => {
  let reply = '';
  const socket = require('node:net').connect(1880, host);
  socket.on('error', (error) => { console.log(error.code); process.exit(1); });
  socket.on('connect', () => socket.write('POST ' + path + '?temp=18&lux=178&id=simsensor001&timestamp=1795492016&daydate=20261124 HTTP/1.0\\r\\n\\r\\n'));
  socket.on('data', (bytes) => { reply += bytes; });
  socket.on('close', () => resolve(console.log(reply.length < 4095, reply.split('\\r\\n')[0])));
});
(async () => {
  for (let i = 0; i < Number(count); i++) {
    await once();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
})();`;

/** A receiver that knows nothing of HTTP but to answer and close, as one would write it in an afternoon. Prints what it was sent. */
const dumbServer = `require('node:net').createServer((socket) => socket.on('error', () => {}).once('data', (bytes) => {
  console.log(JSON.stringify(String(bytes)));
  socket.end('HTTP/1.0 200 OK\\r\\n\\r\\n');
})).listen(1880, () => console.log('ready'));`;

describeOnDocker('the parts of 2018', () => {
  let hosts: Hosts;
  let host: Host;

  beforeAll(async () => {
    hosts = await startHosts(['one'], { images: ['sensorsim'] });
    host = hosts.host('one');
    await host.docker('network', 'create', 'lab');
  });
  afterAll(() => hosts?.stop());
  afterEach(async () => {
    const all = (await host.docker('ps', '--all', '--quiet')).split('\n').filter((line) => line !== '');
    if (all.length > 0) {
      await host.docker('rm', '--force', '--volumes', ...all);
    }
  });

  const variables = (env: Readonly<Record<string, string>>): string[] =>
    Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);

  async function startGateway(env: Record<string, string> = {}, ...flags: string[]): Promise<void> {
    const settings = { SENSORSIM_GATEWAY_TO: 'stdout', ...env };
    const network = ['--network', 'lab', '--read-only', '--cap-drop', 'ALL'];
    await host.docker(
      'run',
      '--detach',
      '--name',
      'gateway',
      ...network,
      ...variables(settings),
      ...flags,
      'sensorsim/gateway',
    );
    await said('gateway', 'the gateway is ready');
  }

  /** What a container has printed, once a text is in it. */
  async function said(container: string, text: string): Promise<string> {
    for (;;) {
      const { stdout, stderr } = await host.tryDocker('logs', container);
      if (`${stdout}${stderr}`.includes(text)) {
        return stdout;
      }
      if ((await host.docker('inspect', '--format', '{{.State.Running}}', container)) !== 'true') {
        throw new Error(`${container} ended without "${text}":\n${stdout}${stderr}`);
      }
      await wait(100);
    }
  }

  /** The readings that came out of the gateway, each by type, value and device time. */
  async function readings(device: string): Promise<string[]> {
    const { stdout } = await host.tryDocker('logs', 'gateway');
    return stdout
      .split('\n')
      .filter((line) => line.includes(`"key":"${device}"`))
      .map((line) => {
        const { type, value, ts } = JSON.parse(JSON.parse(line).value);
        return `${type} ${value} ${ts}`;
      });
  }

  const oldBytes = (path: string, count: number): Promise<string> =>
    host.docker(
      'run',
      '--rm',
      '--network',
      'lab',
      '--entrypoint',
      'node',
      'sensorsim/sensor',
      '-e',
      oldSensor,
      'gateway',
      path,
      `${count}`,
    );

  it('old bytes are refused by the gateway as it comes', async () => {
    await startGateway();
    expect(await oldBytes('/readings-form/', 1)).toMatch(/^true HTTP\/1\.1 401 /);
    expect(await readings('simsensor001')).toEqual([]);
  });

  it('old bytes and the old environment reach the topic where the gateway is told to let anybody in', async () => {
    await startGateway({ SENSORSIM_GATEWAY_ALLOW_ANONYMOUS: 'everywhere' });
    for (const path of ['/readings-form/', '/readings-form']) {
      expect((await oldBytes(path, 2)).split('\n')).toEqual(Array(2).fill('true HTTP/1.1 200 OK'));
    }
    expect(await readings('simsensor001')).toEqual(
      Array(4).fill(['temperature 18 1795492016000', 'light 178 1795492016000']).flat(),
    );

    const { code, stderr } = await host.tryDocker(
      'run',
      '--rm',
      '--network',
      'lab',
      ...variables(oldEnvironment),
      'sensorsim/sensor',
    );
    expect(code).toBe(0);
    expect(stderr).toContain(
      `posts the form to http://gateway:1880/readings-form, id ${id}, 20 readings, every 20 ms\n`,
    );
    const found = await readings(id);
    expect(found).toHaveLength(40);
    for (const reading of found) {
      expect(reading).toMatch(/^(temperature|light) \d+ \d{13}$/);
    }
  });

  it('the Experiment Tool starts our sensor through the Docker API, as it did the old one', async () => {
    await startGateway({ SENSORSIM_GATEWAY_ALLOW_ANONYMOUS: 'everywhere' });
    const ask = (method: string, path: string, body?: object) => callDocker(host, method, path, body);
    const { Id } = (await ask('POST', '/containers/create', {
      Image: 'sensorsim/sensor',
      Env: Object.entries(oldEnvironment).map(([name, value]) => `${name}=${value}`),
      HostConfig: { NetworkMode: 'lab' },
    })) as { Id: string };
    await ask('POST', `/containers/${Id}/start`);
    expect(await ask('POST', `/containers/${Id}/wait`)).toMatchObject({ StatusCode: 0 });
    expect(await readings(id)).toHaveLength(40);
    await ask('DELETE', `/containers/${Id}`);
  });

  it('the old environment sends the old bytes to a server that answers and closes', async () => {
    await host.docker(
      'run',
      '--detach',
      '--name',
      'gateway',
      '--network',
      'lab',
      '--entrypoint',
      'node',
      'sensorsim/sensor',
      '-e',
      dumbServer,
    );
    await said('gateway', 'ready');
    const env = { ...oldEnvironment, NUM_MSG: '5' };
    expect(
      (await host.tryDocker('run', '--rm', '--network', 'lab', ...variables(env), 'sensorsim/sensor')).code,
    ).toBe(0);
    const lines = (await said('gateway', 'POST')).split('\n').filter((line) => line.startsWith('"'));
    expect(lines).toHaveLength(5);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatch(
        new RegExp(
          `^POST /readings-form/\\?temp=\\d+&lux=\\d+&id=${id}&timestamp=\\d{10}&daydate=\\d{8} HTTP/1\\.0\r\n\r\n$`,
        ),
      );
    }
  });

  it('says what is wrong in one message, and ends with 2', async () => {
    const sensor = await host.tryDocker(
      'run',
      '--rm',
      ...variables({ PI_IP: 'http://x', PI_PORT: '0', NUM_MSG: '-1', DELAY: '1s' }),
      'sensorsim/sensor',
    );
    expect(sensor.code).toBe(2);
    for (const name of ['PI_IP', 'PI_PORT', 'NUM_MSG', 'DELAY']) {
      expect(sensor.stderr).toContain(`  - ${name}: `);
    }
    const wrong = {
      SENSORSIM_GATEWAY_KAFKKA: 'kafka:9092',
      SENSORSIM_GATEWAY_ACK: 'kafak',
      SENSORSIM_GATEWAY_PASSWORDS: '',
    };
    const gateway = await host.tryDocker('run', '--rm', ...variables(wrong), 'sensorsim/gateway');
    expect(gateway.code).toBe(2);
    expect(gateway.stderr).toContain(
      'SENSORSIM_GATEWAY_KAFKKA: no such variable, it is ignored (did you mean SENSORSIM_GATEWAY_KAFKA?)',
    );
    expect(gateway.stderr).toContain('  - SENSORSIM_GATEWAY_ACK: "kafak" must be one of');
    expect(gateway.stderr).toContain(
      '--first-login: needs --passwords, the file that it makes (SENSORSIM_GATEWAY_FIRST_LOGIN)',
    );
    const remote = await host.tryDocker(
      'run',
      '--rm',
      ...variables({ PI_IP: '192.0.2.1', NUM_MSG: '1' }),
      'sensorsim/sensor',
    );
    expect([remote.code, remote.stderr]).toEqual([2, expect.stringContaining('SENSORSIM_ALLOW_REMOTE=true')]);
  });

  it('sensors of another user id log in by the first login on a volume that they share', async () => {
    const volume = ['--volume', 'login:/run/sensorsim'];
    // A new volume is root's; the image has no folder there to take rights from.
    await host.docker(
      'run',
      '--rm',
      '--user',
      '0',
      ...volume,
      '--entrypoint',
      'node',
      'sensorsim/sensor',
      '-e',
      "fs.chownSync('/run/sensorsim', 4711, 0); fs.chmodSync('/run/sensorsim', 0o770)",
    );
    await startGateway(
      { SENSORSIM_GATEWAY_FIRST_LOGIN: '/run/sensorsim/password' },
      '--user',
      '4711:0',
      ...volume,
    );
    const login = {
      SENSORSIM_HOST: 'gateway',
      SENSORSIM_USERNAME: 'sensor',
      SENSORSIM_PASSWORD_FILE: '/run/sensorsim/password',
    };
    const load = {
      SENSORSIM_LIMIT: '5',
      SENSORSIM_DELAY: '10ms',
      SENSORSIM_QOS: '1',
      SENSORSIM_ID: 'shared',
    };
    const run = ['run', '--rm', '--network', 'lab', '--read-only', ...variables({ ...login, ...load })];
    expect((await host.tryDocker(...run, '--user', '1234:0', ...volume, 'sensorsim/sensor')).code).toBe(0);
    expect(await readings('shared')).toHaveLength(5);
    const stranger = await host.tryDocker(...run, '--user', '1234:1234', ...volume, 'sensorsim/sensor');
    expect([stranger.code, stranger.stderr]).toEqual([
      2,
      expect.stringContaining('SENSORSIM_PASSWORD_FILE: cannot read'),
    ]);
  });
});

/** A call of the Docker API, unversioned as by old clients. */
function callDocker(host: Host, method: string, path: string, body?: object): Promise<unknown> {
  const text = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      Host: 'docker',
    };
    const socketPath = host.dockerHost.replace('unix://', '');
    const request = httpRequest({ socketPath, method, path, headers }, (response) => {
      let answer = '';
      response.on('data', (chunk) => {
        answer += chunk;
      });
      response.on('end', () =>
        (response.statusCode ?? 500) >= 400
          ? reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`))
          : resolve(answer === '' ? undefined : JSON.parse(answer)),
      );
    });
    request.on('error', reject).end(text);
  });
}
