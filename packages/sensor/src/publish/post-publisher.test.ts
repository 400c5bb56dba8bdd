import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryRecorder, testOptions } from '../sensor.fixture.js';
import { Sensor } from '../sensor.js';

let server: Server;
let url: string;
let requests: string[];
let reply: string | undefined;

beforeEach(async () => {
  requests = [];
  reply = 'HTTP/1.0 200 OK\r\n\r\n';
  server = createServer((socket) => {
    let request = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      request += chunk;
      // The original waits until the server closes; whatever comes before that is a reply.
      if (request.endsWith('\r\n\r\n')) {
        requests.push(request);
        socket.end(reply ?? Buffer.alloc(0));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});

afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

const start = Date.UTC(2026, 10, 24, 3, 46, 56);

describe('post publisher', () => {
  it('sends exactly the bytes of the sensor of 2018, one connection a reading', async () => {
    const options = testOptions({
      post: `${url}/readings-form`,
      id: 'simsensor001',
      start: String(start),
      limit: 3,
      delay: 20,
    });
    const summary = await new Sensor(options).run();
    const seconds = start / 1_000;
    const line = new RegExp(
      `^POST /readings-form/\\?temp=\\d+&lux=\\d+&id=simsensor001&timestamp=${seconds}&daydate=20261124 HTTP/1\\.0\\r\\n\\r\\n$`,
    );
    expect(requests.length).toBe(3);
    for (const request of requests) {
      expect(request).toMatch(line);
    }
    expect(summary.readings).toMatchObject({ offered: 3, published: 3, acknowledged: 3 });
    expect(summary.connections.opened).toBe(3);
  });

  it("sends the tutorial's single value in milliseconds, without a path to the usual one", async () => {
    const options = testOptions({
      post: url,
      postForm: 'value',
      id: '1.2',
      start: String(start + 7),
      limit: 1,
      seed: 'a',
    });
    const recorder = new MemoryRecorder();
    await new Sensor(options, { recorder }).run();
    const value = recorder.rows[0]?.valueTrue;
    expect(requests).toEqual([
      `POST /readings-form/?value=${value}&id=1.2&timestamp=${start + 7}&daydate=20261124 HTTP/1.0\r\n\r\n`,
    ]);
  });

  it('takes any reply for a confirmation, and none for none', async () => {
    reply = 'garbage';
    const options = testOptions({ post: url, limit: 2, delay: 1 });
    expect((await new Sensor(options).run()).readings.acknowledged).toBe(2);
    reply = undefined;
    const recorder = new MemoryRecorder();
    const summary = await new Sensor(options, { recorder }).run();
    expect(summary.readings).toMatchObject({ acknowledged: 0, published: 0, failed: 2 });
    expect(recorder.rows.map(({ reason }) => reason)).toEqual(['unconfirmed', 'unconfirmed']);
  });

  it('tells once of replies that say no', async () => {
    reply = 'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n';
    const said: string[] = [];
    const log = (line: string): void => void said.push(line);
    const summary = await new Sensor(testOptions({ post: url, limit: 3, delay: 20 }), { log }).run();
    expect(summary.readings.acknowledged).toBe(3);
    expect(said).toEqual([expect.stringContaining('answers "401 Unauthorized"')]);
  });

  it('keeps the order of a device with one exchange at a time', async () => {
    const options = testOptions({ post: url, postForm: 'value', start: String(start), limit: 50, delay: 1 });
    await new Sensor(options).run();
    const times = requests.map((request) => Number(/timestamp=(\d+)/.exec(request)?.[1]));
    expect(times).toEqual(Array.from({ length: 50 }, (_, i) => start + i));
  });

  it('counts what no server takes as failed, and ends with exit code 3', async () => {
    const options = testOptions({ post: 'http://127.0.0.1:1', limit: 3, delay: 1 });
    const said: string[] = [];
    const sensor = new Sensor(options, { log: (line) => said.push(line) });
    await expect(sensor.run()).rejects.toMatchObject({ code: 'SENSOR_UNREACHABLE', exitCode: 3 });
    expect(sensor.summary().readings).toMatchObject({ offered: 3, published: 0, failed: 3 });
    expect(said.join('\n')).toContain('connection refused');
  });
});
