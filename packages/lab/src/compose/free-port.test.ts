import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { firstFreePort } from './free-port.js';

const servers: Server[] = [];

async function listen(port: number): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port }, resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe('firstFreePort', () => {
  it('takes the wanted port where it is free, and leaves it free', async () => {
    const port = await listen(0);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await firstFreePort('127.0.0.1', port)).toBe(port);
    expect(await listen(port)).toBe(port);
  });

  it('takes a later one where the wanted one is in use or already given away', async () => {
    const used = await listen(0);
    const next = await firstFreePort('127.0.0.1', used);
    expect(next).toBeGreaterThan(used);
    expect(await firstFreePort('127.0.0.1', used, [next])).toBeGreaterThan(next);
  });

  it('says so where the host is none of this machine', async () => {
    await expect(firstFreePort('192.0.2.1', 1_883)).rejects.toMatchObject({ code: 'GATEWAY_LISTEN_FAILED' });
  });

  it('does not look beyond the last port', async () => {
    await listen(65_535).catch(() => undefined);
    await expect(firstFreePort('127.0.0.1', 65_535, [65_535])).rejects.toMatchObject({
      code: 'GATEWAY_PORT_IN_USE',
    });
  });
});
