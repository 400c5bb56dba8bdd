import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createNetServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SuiteError } from 'sensorsim-shared';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DockerAddress, DockerTls } from './docker-address.js';
import { connectDocker } from './docker-engine.js';

const script = fileURLToPath(new URL('../../../../images/certificates.sh', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'docker-error-'));
const open: NetServer[] = [];

beforeAll(() => {
  for (const authority of ['right', 'other']) {
    execFileSync(script, [join(folder, authority), '127.0.0.1'], { stdio: 'ignore' });
  }
  execFileSync(script, ['--host', 'elsewhere', join(folder, 'right'), 'elsewhere.test'], { stdio: 'ignore' });
});
afterEach(() => {
  for (const server of open.splice(0)) {
    (server as Server).closeAllConnections?.();
    server.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const pem = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');

/** What a client has that was given the folder of an authority. */
const client = (ca: string, own = ca): DockerTls => ({
  ca: pem(ca, 'ca.pem'),
  cert: pem(own, 'cert.pem'),
  key: pem(own, 'key.pem'),
});

function listen(server: NetServer): Promise<number> {
  open.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const version: RequestListener = (_, response) =>
  void response.end(JSON.stringify({ Version: '99.1', ApiVersion: '9.9' }));

/** An engine behind TLS that wants a certificate of its authority, as dockerd --tlsverify. */
function tlsEngine(certificate = 'right'): Promise<number> {
  const files = { cert: pem(certificate, 'server-cert.pem'), key: pem(certificate, 'server-key.pem') };
  return listen(
    createTlsServer(
      { ...files, ca: pem('right', 'ca.pem'), requestCert: true, rejectUnauthorized: true },
      version,
    ),
  );
}

const at = (port: number, tls?: DockerTls): DockerAddress => ({
  kind: 'tcp',
  host: '127.0.0.1',
  port,
  tls,
  shown: `tcp://127.0.0.1:${port}`,
});

async function failure(promise: Promise<unknown>): Promise<SuiteError> {
  const error = await promise.then(
    () => new Error('it went well'),
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(SuiteError);
  return error as SuiteError;
}

describe('an engine that cannot be reached', () => {
  it('is told of with its host, and why', async () => {
    const silent = await listen(createNetServer((socket) => socket.end('SSH-2.0-hello\r\n')));
    const stranger = await listen(createServer((_, response) => void response.end('<html>')));
    const free = await listen(createNetServer());
    open.at(-1)?.close();
    for (const [address, code, message] of [
      [
        { kind: 'socket', path: '/nowhere/docker.sock', shown: 'unix:///nowhere/docker.sock' },
        'DOCKER_UNREACHABLE',
        'no such socket',
      ],
      [at(free), 'DOCKER_UNREACHABLE', 'nothing listens there'],
      [{ ...at(1), host: 'no-such-host.invalid' }, 'DOCKER_UNREACHABLE', 'its name is not known'],
      [at(silent), 'DOCKER_REFUSED', 'is no Docker engine'],
      [at(stranger), 'DOCKER_REFUSED', 'is no Docker engine'],
    ] as const) {
      const error = await failure(connectDocker(address as DockerAddress));
      expect(error).toMatchObject({ code, exitCode: 3 });
      expect(error.message).toContain(message);
      expect(error.message).toContain(address.shown);
    }
  });

  it('is asked with the certificates that were given, in its own version of the API', async () => {
    const engine = await connectDocker(at(await tlsEngine(), client('right')));
    expect(engine.version).toBe('99.1');
  });

  it('is told of with what is wrong with TLS, and on which side', async () => {
    const right = await tlsEngine();
    const plain = await listen(createServer(version));
    const named = await tlsEngine('right/elsewhere');
    for (const [address, message] of [
      [at(right, client('other')), 'is not signed by the authority that ca.pem holds'],
      [at(right, client('right', 'other')), 'does not accept the certificate that it was shown'],
      [at(named, client('right')), 'is for another name'],
      [at(plain, client('right')), 'speaks no TLS'],
      [at(right, { ...client('right'), key: client('other').key }), 'cannot be used'],
    ] as const) {
      const error = await failure(connectDocker(address));
      expect([message, error.code, error.message]).toEqual([
        message,
        'DOCKER_REFUSED',
        expect.stringContaining(message),
      ]);
    }
  });
});

describe('what an engine refuses', () => {
  /** What becomes of a request that an engine answers so. */
  const answered = async (status: number, message: string): Promise<SuiteError> => {
    const port = await listen(
      createServer((request, response) => {
        if (request.url === '/version') {
          version(request, response);
        } else {
          response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message }));
        }
      }),
    );
    const engine = await connectDocker(at(port));
    return failure(engine.create({ name: 'lab-gateway', Image: 'sensorsim/gateway:0.1.0' }));
  };

  it.each([
    [
      404,
      'No such image: sensorsim/sensor:0.1.0',
      'DOCKER_IMAGE_MISSING',
      'lacks the image sensorsim/sensor:0.1.0',
      'npm run images, or docker pull',
    ],
    [
      409,
      'Conflict. The container name "/lab-gateway" is already in use by container "abc".',
      'DOCKER_FAILED',
      'already in use',
      'docker rm -f',
    ],
    [
      500,
      'mkdir /var/lib/docker/overlay2/x: no space left on device',
      'DOCKER_FAILED',
      'no space left',
      'docker system df',
    ],
    [
      500,
      'driver failed: Bind for 127.0.0.1:80 failed: port is already allocated',
      'DOCKER_FAILED',
      'cannot make lab-gateway',
      'has the port',
    ],
    [500, 'fork/exec: cannot allocate memory', 'DOCKER_FAILED', 'cannot allocate memory', 'no memory left'],
    [
      400,
      'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available',
      'DOCKER_FAILED',
      'CPUs',
      'lower its cpus',
    ],
    [403, 'authorization denied by plugin', 'DOCKER_REFUSED', 'does not allow it', 'which side refused'],
    [400, 'Client sent an HTTP request to an HTTPS server.', 'DOCKER_REFUSED', 'wants TLS', '--docker-certs'],
    [500, 'something new', 'DOCKER_FAILED', 'something new', "engine's own words"],
  ] as const)('%i %s', async (status, said, code, message, hint) => {
    const error = await answered(status, said);
    expect([error.code, error.message, error.hint]).toEqual([
      code,
      expect.stringContaining(message),
      expect.stringContaining(hint),
    ]);
    expect(error.message).toContain('tcp://127.0.0.1:');
  });
});
