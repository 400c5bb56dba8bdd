import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const bin = fileURLToPath(new URL('../../packages/sensor/bin/sensorsim.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sensorsim-mosquitto-'));
const certificate = join(folder, 'certificate.pem');
const key = join(folder, 'key.pem');
let broker: ChildProcess;
let plain: number;
let webSocket: number;
let secure: number;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}

beforeAll(async () => {
  [plain, webSocket, secure] = [await freePort(), await freePort(), await freePort()];
  await run('openssl', [
    ...'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost'.split(' '),
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ]);
  writeFileSync(
    join(folder, 'mosquitto.conf'),
    `listener ${plain} 127.0.0.1
listener ${webSocket} 127.0.0.1
protocol websockets
listener ${secure} 127.0.0.1
cafile ${certificate}
certfile ${certificate}
keyfile ${key}
require_certificate true
allow_anonymous true
user root
`,
  );
  broker = spawn('mosquitto', ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' });
  await Promise.all([plain, webSocket, secure].map(listening));
});

afterAll(async () => {
  const ended = new Promise((resolve) => broker.once('close', resolve));
  broker.kill();
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

async function summaryOf(...args: string[]): Promise<{ readings: Record<string, number> }> {
  const { stdout } = await run(process.execPath, [
    bin,
    ...args,
    '--delay',
    '20',
    '--limit',
    '5',
    '--json',
    '--quiet',
  ]);
  return JSON.parse(stdout);
}

/** Subscribes with mosquitto_sub; resolves to the lines it printed. */
async function subscribed(count: number, format: string, publish: () => Promise<unknown>): Promise<string[]> {
  const subscriber = spawn(
    'stdbuf',
    // The subscriber's debug output tells when it is subscribed; into a pipe it would come at the end only.
    [
      '-oL',
      'mosquitto_sub',
      '-d',
      '-V',
      '5',
      '-p',
      String(plain),
      '-q',
      '2',
      '-t',
      '#',
      '-C',
      String(count),
      '-F',
      `> ${format}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  let begun = false;
  const ended = new Promise<void>((resolve) => subscriber.once('close', () => resolve()));
  for await (const chunk of subscriber.stdout) {
    output += chunk;
    if (!begun && output.includes('SUBACK')) {
      begun = true;
      await publish();
    }
  }
  await ended;
  return output.split('\n').flatMap((line) => (line.startsWith('> ') ? [line.slice(2)] : []));
}

const acknowledged = { readings: { offered: 5, acknowledged: 5, skipped: 0, failed: 0 } };

describe('sensorsim and mosquitto', () => {
  it('carry MQTT 5 with content type, user properties, expiry and status', async () => {
    const lines = await subscribed(7, '%t q%q %C [%P] %E %p', () =>
      summaryOf(
        ...[
          '-p',
          String(plain),
          '-V',
          '5',
          '-q',
          '2',
          '--user-property',
          'site=lab',
          '--user-property',
          'row=2',
        ],
        ...['--message-expiry', '1m', '--status-topic', 'status/{id}'],
      ),
    );
    expect(lines[0]).toMatch(/^status\/temp-0001 q1 {2}\[\] {2}online$/);
    expect(lines[6]).toMatch(/^status\/temp-0001 q1 {2}\[\] {2}offline$/);
    for (const [seq, line] of lines.slice(1, 6).entries()) {
      expect(line).toMatch(
        new RegExp(
          `^sensors/temperature/temp-0001 q2 application/json \\[site:lab row:2\\] 60 \\{"id":"temp-0001".*"seq":${seq}\\}$`,
        ),
      );
    }
  });

  it.each(['3.1.1', '5'])('confirm at every quality of service over version %s', async (version) => {
    for (const qos of ['1', '2']) {
      expect(await summaryOf('-p', String(plain), '-V', version, '-q', qos)).toMatchObject(acknowledged);
    }
  });

  it('talk over WebSocket', async () => {
    expect(await summaryOf('-L', `ws://127.0.0.1:${webSocket}/mqtt`, '-q', '1')).toMatchObject(acknowledged);
  });

  it('talk over TLS with certificates on both sides, and not without', async () => {
    const url = ['-L', `mqtts://localhost:${secure}`, '-q', '1'];
    const own = ['--cert', certificate, '--key', key];
    expect(await summaryOf(...url, '--cafile', certificate, ...own)).toMatchObject(acknowledged);
    await expect(summaryOf(...url, '--cafile', certificate)).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringContaining('see --cert and --key'),
    });
    await expect(summaryOf(...url, ...own)).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringContaining('see --cafile, or --insecure'),
    });
    expect(await summaryOf(...url, ...own, '--insecure')).toMatchObject(acknowledged);
  });
});
