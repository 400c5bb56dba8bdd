import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SuiteError } from 'sensorsim-shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectDocker, type DockerEngine } from '../../docker/index.js';
import { RunContainers } from './run-containers.js';

let server: Server;
let engine: DockerEngine;
/** Names of what the engine has. */
let there: string[];
/** What it answers to the making of a container; undefined: it makes it. */
let refusal: { readonly status: number; readonly message: string } | undefined;
let removes: boolean;

beforeEach(async () => {
  there = ['of-another-run'];
  refusal = undefined;
  removes = true;
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url as string, 'http://engine');
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    if (pathname === '/version') {
      answer(200, { Version: '99.1' });
    } else if (pathname === '/containers/create') {
      const name = searchParams.get('name') as string;
      if (refusal === undefined) {
        there.push(name);
        answer(201, { Id: name });
      } else {
        answer(refusal.status, refusal);
      }
    } else if (request.method === 'DELETE') {
      expect([searchParams.get('force'), searchParams.get('v')]).toEqual(['true', 'true']);
      if (removes) {
        there = there.filter((name) => !pathname.endsWith(`/${name}`));
        response.writeHead(204).end();
      } else {
        answer(500, { message: 'device or resource busy' });
      }
    } else {
      expect(JSON.parse(searchParams.get('filters') as string)).toEqual({ label: ['sensorsim.run=r1'] });
      answer(
        200,
        there.filter((name) => name.startsWith('r1')).map((name) => ({ Id: name })),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  engine = await connectDocker({ kind: 'tcp', host: '127.0.0.1', port, tls: undefined, shown: 'the engine' });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Makes two containers, and a third that the engine refuses. */
async function fail(containers: RunContainers): Promise<SuiteError> {
  await containers.make({ name: 'r1-gateway' });
  await containers.make({ name: 'r1-rooms-1' });
  refusal = { status: 500, message: 'no space left on device' };
  const error = await containers.make({ name: 'r1-rooms-2' }).catch((caught: unknown) => caught);
  return (await containers.removeAfter(error)) as SuiteError;
}

describe('the containers of a run', () => {
  it('are removed after a failure, which tells of them, and no others', async () => {
    const error = await fail(new RunContainers(engine, 'r1'));
    expect(error).toMatchObject({
      code: 'DOCKER_FAILED',
      message: 'cannot make r1-rooms-2 at the engine: no space left on device',
      problems: ['removed what had been made: r1-gateway, r1-rooms-1'],
    });
    expect(error.hint).toContain('docker system df');
    expect(there).toEqual(['of-another-run']);
  });

  it('are named with what removes them where the engine does not', async () => {
    removes = false;
    const { problems } = await fail(new RunContainers(engine, 'r1'));
    expect(problems[0]).toMatch(/could not remove .*resource busy.*: docker rm -f r1-gateway r1-rooms-1$/);
  });

  it('say nothing of themselves where there were none', async () => {
    const error = new SuiteError('CONFIG_INVALID', 'no');
    expect(await new RunContainers(engine, 'r1').removeAfter(error)).toBe(error);
  });

  it('are all removed at the end, also one whose making was not answered', async () => {
    const containers = new RunContainers(engine, 'r1');
    await containers.make({ name: 'r1-gateway' });
    there.push('r1-unanswered');
    await containers.remove();
    expect(there).toEqual(['of-another-run']);
  });
});
