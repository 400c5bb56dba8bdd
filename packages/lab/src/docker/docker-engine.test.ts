import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectDocker, type DockerEngine } from './docker-engine.js';

const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** An engine that answers all but `/version` as said. */
async function engineThat(answers: RequestListener): Promise<DockerEngine> {
  const server = createServer((request, response) =>
    request.url === '/version' ? response.end('{"Version":"99.1"}') : answers(request, response),
  );
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const shown = `tcp://127.0.0.1:${port}`;
  return connectDocker({ kind: 'tcp', host: '127.0.0.1', port, tls: undefined, shown });
}

describe('the wait for the end of a container', () => {
  it('ends with it', async () => {
    const engine = await engineThat((_, response) => {
      response.flushHeaders();
      setTimeout(() => response.end('{"StatusCode":137}'), 20);
    });
    expect(await engine.wait('one')).toBe(137);
  });

  it('ends with an error where there is no such container', async () => {
    const engine = await engineThat((_, response) => {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"message":"No such container: one"}');
    });
    await expect(engine.wait('one')).rejects.toMatchObject({
      code: 'DOCKER_FAILED',
      message: expect.stringContaining('No such container: one'),
    });
  });

  it.each(['before it answers', 'in the middle of its answer'])(
    'ends with an error where the engine is lost %s',
    async (when) => {
      const engine = await engineThat((_, response) => {
        if (when.startsWith('in')) {
          response.flushHeaders();
        }
        setTimeout(() => response.destroy(), 20);
      });
      await expect(engine.wait('one')).rejects.toMatchObject({ code: 'DOCKER_UNREACHABLE' });
    },
  );
});

it('is not waited for without end, and less the second time', async () => {
  const engine = await engineThat(() => {});
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    for (const limitMs of [60_000, 5_000]) {
      let error: unknown;
      engine.list().catch((caught: unknown) => {
        error = caught;
      });
      await vi.advanceTimersByTimeAsync(limitMs - 1);
      expect(error).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(error).toMatchObject({
        code: 'DOCKER_UNREACHABLE',
        message: expect.stringContaining('no answer in time'),
      });
    }
  } finally {
    vi.useRealTimers();
  }
});
