import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { MemorySink, Opened, until } from '../gateway.fixture.js';

const opened = new Opened();
afterEach(() => opened.closeAll());

const listen = ['http://127.0.0.1:0'];
const form = 'temp=18&lux=178&id=simsensor001&timestamp=1795492016&daydate=20261124';

/** Sends bytes as the 2018 sensor does, and reads until the server closes. */
async function exchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

it.each([
  ['/readings-form/?', 'of the sensor itself'],
  ['/readings-form?', 'without the slash'],
])('takes the bytes of 2018: POST %s (%s)', async (path) => {
  const sink = new MemorySink();
  const { gateway, url } = await opened.gateway(sink, { listen });
  const answer = await exchange(url, `POST ${path}${form} HTTP/1.0\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toMatch(/\r\nConnection: close\r\n/);
  expect(answer.length).toBeLessThan(4_095);
  expect(sink.records.map(({ key, mqttTopic, mqttQos }) => [key, mqttTopic, mqttQos])).toEqual([
    ['simsensor001', 'readings-form', 1],
    ['simsensor001', 'readings-form', 1],
  ]);
  expect(gateway.summary()).toMatchObject({ received: 1, acknowledged: 1, forwarded: 2 });
});

it('answers only when every reading of the form is safe', async () => {
  const sink = new MemorySink({ holding: true });
  const { url } = await opened.gateway(sink, { listen });
  let answer: string | undefined;
  const exchanged = exchange(url, `POST /readings-form/?${form} HTTP/1.0\r\n\r\n`).then((text) => {
    answer = text;
  });
  await until(() => sink.pendingRecords === 2);
  sink.release(1);
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(answer).toBeUndefined();
  sink.release();
  await exchanged;
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
});

it('answers newer clients, and closes their connection too', async () => {
  const sink = new MemorySink();
  const { url } = await opened.gateway(sink, { listen });
  const sent = request(`${url}/readings-form?id=a&timestamp=1795492016&value=5`, { method: 'POST' });
  sent.end('a body that nobody reads');
  const [response] = await once(sent, 'response');
  response.resume();
  expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
  expect(sink.records).toHaveLength(1);
});

it.each([
  ['POST /readings-form/?id=a&timestamp=x&value=1 HTTP/1.0', 400, 1],
  ['POST /readings-form HTTP/1.0', 400, 1],
  ['GET /readings-form/?id=a&timestamp=1&value=1 HTTP/1.0', 405, 0],
  ['POST /other?id=a HTTP/1.0', 404, 0],
  ['POST /../readings-form?id=a HTTP/1.0', 404, 0],
  ['nonsense', 400, 0],
  [`POST /readings-form?id=${'a'.repeat(20_000)} HTTP/1.0`, 400, 0],
])('answers %.60s with %i and stays', async (line, status, deadLetters) => {
  const sink = new MemorySink();
  const { gateway, url } = await opened.gateway(sink, { listen });
  expect(await exchange(url, `${line}\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(gateway.summary()).toMatchObject({ forwarded: 0, deadLettered: deadLetters });
  expect(await exchange(url, `POST /readings-form/?${form} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
});

it('does not wait for a client that says Expect: 100-continue', async () => {
  const { url } = await opened.gateway(new MemorySink(), { listen });
  const answer = await exchange(
    url,
    `POST /readings-form?${form} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});
