import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../../packages/sensor/bin/sensorsim.js', import.meta.url));
const fromGateway = createRequire(new URL('../../packages/gateway/package.json', import.meta.url));

interface Broker {
  readonly handle: (socket: Socket) => void;
  on(event: 'publish', listener: (packet: { topic: string }, client: unknown) => void): void;
  close(done: () => void): void;
}

let broker: Broker;
let server: Server;
let port: string;
let received = 0;
const sockets = new Set<Socket>();
const children = new Set<ChildProcess>();

beforeAll(async () => {
  const { Aedes } = fromGateway('aedes') as { Aedes: { createBroker(): Promise<Broker> } };
  broker = await Aedes.createBroker();
  broker.on('publish', (_packet, client) => {
    received += client === null ? 0 : 1;
  });
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = String((server.address() as { port: number }).port);
});

afterAll(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  for (const socket of sockets) {
    socket.destroy();
  }
  await new Promise((resolve) => server.close(resolve));
  await new Promise<void>((resolve) => broker.close(resolve));
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function sensorsim(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code, out, err });
    });
  });
  return { child, ended };
}

async function receivedMore(count: number): Promise<void> {
  const goal = received + count;
  const deadline = performance.now() + 20_000;
  while (received < goal) {
    if (performance.now() > deadline) {
      throw new Error(`the broker got ${received} of ${goal}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the sensorsim process', () => {
  it('does what a first user types, and ends with 0 at its limit', async () => {
    const before = received;
    const { ended } = sensorsim('--type', 'temp', '--delay', '20', '--limit', '10', '-p', port, '--json');
    const { code, out, err } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ readings: { offered: 10, published: 10 } });
    expect(err).toContain('published');
    // No live line where nobody watches.
    expect(err).not.toContain('\x1b[');
    expect(received - before).toBe(10);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('finishes at %s what is under way, sums up, and exits with %i', async (signal, exitCode) => {
    const { child, ended } = sensorsim('-p', port, '-c', '20', '--delay', '10', '-q', '1', '--json');
    await receivedMore(100);
    child.kill(signal);
    const { code, out } = await ended;
    expect(code).toBe(exitCode);
    const { readings } = JSON.parse(out);
    expect(readings.acknowledged).toBeGreaterThanOrEqual(100);
    expect(readings.published + readings.skipped + readings.failed).toBe(readings.offered);
    expect(readings.failed).toBe(0);
  });

  it('carries a fleet over several workers, and stops all of them', async () => {
    const { child, ended } = sensorsim(
      '-p',
      port,
      '-c',
      '20',
      '--delay',
      '10',
      '-q',
      '1',
      '--workers',
      '2',
      '--json',
    );
    await receivedMore(200);
    child.kill('SIGINT');
    const { code, out } = await ended;
    expect(code).toBe(130);
    const summary = JSON.parse(out);
    expect(summary.connections.opened).toBe(20);
    expect(summary.readings.acknowledged).toBeGreaterThanOrEqual(200);
    expect(summary.readings.acknowledged).toBe(summary.readings.offered);
    expect(summary.latencyMs.p50).toBeGreaterThan(0);
  });

  it('ends at once at the second signal', async () => {
    let published!: () => void;
    const publishing = new Promise<void>((resolve) => {
      published = resolve;
    });
    // Accepts the connection and then confirms nothing.
    const deaf = createServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from([0x20, 2, 0, 0]));
        socket.once('data', published);
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const deafPort = String((deaf.address() as { port: number }).port);
    const { child, ended } = sensorsim('-p', deafPort, '--delay', '5', '-q', '1');
    await publishing;
    const started = performance.now();
    const impatient = setInterval(() => child.kill('SIGINT'), 100);
    expect((await ended).code).toBe(130);
    clearInterval(impatient);
    // One signal alone would have waited for the confirmations.
    expect(performance.now() - started).toBeLessThan(4_000);
    deaf.close();
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const { child, ended } = sensorsim('--out', '-', '--delay', '1', '-c', '10');
    await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    child.stdout?.destroy();
    const { code, err } = await ended;
    expect(code).toBe(0);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it.each([
    [['-p', '1', '--give-up', '200'], 3, 'SENSOR_GAVE_UP'],
    [['-h', '8.8.8.8'], 2, 'SENSOR_REMOTE_REFUSED'],
    [['--nonsense'], 2, 'CONFIG_INVALID'],
    [['--out', '/nowhere/x', '--limit', '1'], 3, 'FILE_UNWRITABLE'],
    [['--out', '/dev/full', '--limit', '100000', '--clock', 'virtual'], 3, 'FILE_UNWRITABLE'],
    [
      ['--out', '/dev/full', '--limit', '100000', '--clock', 'virtual', '-c', '2', '--workers', '2'],
      3,
      'FILE_UNWRITABLE',
    ],
  ])('exits %j with %i', async (args, exitCode, name) => {
    const { code, err } = await sensorsim(...args).ended;
    expect(err).toContain(name);
    expect(code).toBe(exitCode);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('ends with 3 and the summary when the disk is full that it records to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sensorsim-full-'));
    symlinkSync('/dev/full', join(folder, 'truth.ndjson'));
    const args = ['-c', '50', '--delay', '1', '-q', '1', '--record', folder, '--json'];
    const { code, out, err } = await sensorsim('-p', port, ...args).ended;
    rmSync(folder, { recursive: true, force: true });
    expect(err).toContain('FILE_UNWRITABLE');
    expect(err).not.toMatch(/^\s+at /m);
    expect(code).toBe(3);
    expect(JSON.parse(out).readings.acknowledged).toBeGreaterThan(0);
  });

  it('exits with 3 when the broker does not speak the version, and names the other', async () => {
    const { code, err } = await sensorsim('-p', port, '-V', '5').ended;
    expect(code).toBe(3);
    expect(err).toContain('use -V 3.1.1');
  });
});
