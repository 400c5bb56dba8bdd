import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { metrics, processMetrics, TimeHistogram } from 'sensorsim-shared';
import { afterEach, describe, expect, it } from 'vitest';
import { MemorySink, Opened, readingJson, until } from '../gateway.fixture.js';
import { Gateway } from '../gateway.js';
import { testOptions } from '../options.fixture.js';
import { mqttPacket, RawMqtt } from '../receive/raw-mqtt.fixture.js';
import { createLog } from './log.js';
import type { GatewayStatus } from './status.js';

const opened = new Opened();
afterEach(() => opened.closeAll());

async function get(base: string, path: string, init?: RequestInit): Promise<[number, string]> {
  const response = await fetch(`${base}${path}`, init);
  return [response.status, await response.text()];
}

/** The value of one line of Prometheus' text. */
function metric(text: string, line: string): number {
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return Number(found?.slice(line.length + 1) ?? Number.NaN);
}

describe('the observation port', () => {
  it('tells the truth about the sink', async () => {
    const sink = new MemorySink();
    const { gateway } = await opened.gateway(sink, { http: '127.0.0.1:0' });
    const base = gateway.observeAddress as string;
    expect(await get(base, '/livez')).toEqual([200, 'ok\n']);
    expect(await get(base, '/readyz')).toEqual([200, 'ok\n']);
    sink.ready = false;
    expect(await get(base, '/readyz')).toEqual([503, 'records do not become safe at memory\n']);
    sink.problem = 'nobody answers';
    expect(await get(base, '/readyz')).toEqual([
      503,
      'records do not become safe at memory: nobody answers\n',
    ]);
    expect(await get(base, '/livez')).toEqual([200, 'ok\n']);
    sink.ready = true;
    expect(await get(base, '/readyz')).toEqual([200, 'ok\n']);
  });

  it.each([
    ['localhost:9464', 200],
    ['127.0.0.1', 200],
    ['[::1]:9464', 200],
    ['rebound.example:9464', 421],
    ['127.0.0.1.example', 421],
  ])(
    'answers a request for the host %s with %d while it is bound to the loopback address',
    async (host, status) => {
      const { gateway } = await opened.gateway(new MemorySink(), { http: '127.0.0.1:0' });
      const { hostname, port } = new URL(gateway.observeAddress as string);
      const answered = await new Promise<number | undefined>((resolve) => {
        request({ hostname, port, path: '/status', headers: { Host: host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).end();
      });
      expect(answered).toBe(status);
    },
  );

  it('is not ready while the gateway starts and stops, but lives', async () => {
    const sink = new MemorySink({ holding: true });
    let started = (): void => {};
    sink.start = () => new Promise((resolve) => (started = resolve));
    const starting = opened.gateway(sink, { http: '127.0.0.1:0', stopTimeout: 60_000 });
    const gateway = await new Promise<{ base: string }>((resolve) => {
      const timer = setInterval(() => {
        const base = opened.last?.observeAddress;
        if (base !== undefined) {
          clearInterval(timer);
          resolve({ base });
        }
      }, 1);
    });
    expect(await get(gateway.base, '/readyz')).toEqual([503, 'starting\n']);
    started();
    const { gateway: running, url } = await starting;
    expect(await get(gateway.base, '/readyz')).toEqual([200, 'ok\n']);
    const device = opened.add(await RawMqtt.session(url, 'device'));
    device.send(mqttPacket.publish('a', readingJson(), { qos: 1 }));
    await until(() => sink.pendingRecords === 1);
    const stopping = running.stop();
    expect(await get(gateway.base, '/readyz')).toEqual([503, 'stopping\n']);
    expect(await get(gateway.base, '/livez')).toEqual([200, 'ok\n']);
    sink.release();
    expect(await device.take(4)).toBe('40020001');
    expect(await stopping).toMatchObject({ received: 1, acknowledged: 1, forwarded: 1, dropped: {} });
  });

  it('shows every metric of the gateway, with what was counted', async () => {
    const { gateway, url } = await opened.gateway(new MemorySink(), { http: '127.0.0.1:0' });
    const device = opened.add(await RawMqtt.session(url, 'device'));
    device.send(
      mqttPacket.publish('a', readingJson(), { qos: 1 }),
      mqttPacket.publish('a', readingJson(), { qos: 0 }),
      mqttPacket.publish('a', 'nonsense', { qos: 0 }),
    );
    await until(() => gateway.counters.deadLettered.total === 1);
    const [status, text] = await get(gateway.observeAddress as string, '/metrics');
    expect(status).toBe(200);
    expect(metric(text, 'sensorsim_gateway_received_total{source="mqtt"}')).toBe(3);
    expect(metric(text, 'sensorsim_gateway_acknowledged_total')).toBe(1);
    expect(metric(text, 'sensorsim_gateway_forwarded_total')).toBe(2);
    expect(metric(text, 'sensorsim_gateway_dead_lettered_total{code="DECODE_MALFORMED"}')).toBe(1);
    expect(metric(text, 'sensorsim_gateway_connections{protocol="mqtt"}')).toBe(1);
    expect(metric(text, 'sensorsim_gateway_pending_records')).toBe(0);
    expect(metric(text, 'sensorsim_gateway_sink_ready')).toBe(1);
    expect(metric(text, 'sensorsim_gateway_safe_latency_seconds_count')).toBe(3);
    expect(metric(text, 'sensorsim_gateway_safe_latency_seconds_bucket{le="+Inf"}')).toBe(3);
    expect(metric(text, 'sensorsim_gateway_acknowledge_latency_seconds_count')).toBe(1);
    expect(text).toContain('# TYPE sensorsim_gateway_forward_latency_seconds histogram');
    expect(text).toMatch(
      /sensorsim_gateway_info\{version="\d+\.\d+\.\d+",gateway_id="gateway-under-test",ack="\w+"\} 1\n/,
    );
    for (const { name, type } of [...Object.values(metrics), ...Object.values(processMetrics)]) {
      expect(text).toContain(`# TYPE ${name} ${type}\n`);
    }
    // What there is not, is not 0: an alert would take it for a fact.
    expect(text).not.toMatch(/^sensorsim_gateway_(spool|certificate|last_reload)/m);
    // Scraping again counts nothing twice.
    const [, again] = await get(gateway.observeAddress as string, '/metrics');
    expect(metric(again, 'sensorsim_gateway_received_total{source="mqtt"}')).toBe(3);
  });

  it('tells everything as JSON', async () => {
    const { gateway, url } = await opened.gateway(new MemorySink(), { http: '127.0.0.1:0' });
    const device = opened.add(await RawMqtt.session(url, 'device'));
    device.send(
      mqttPacket.publish('a', readingJson(), { qos: 1 }),
      mqttPacket.publish('a', 'nonsense', { qos: 0 }),
    );
    await until(() => gateway.counters.deadLettered.total === 1);
    const response = await fetch(`${gateway.observeAddress}/status`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const status = (await response.json()) as GatewayStatus;
    expect(status).toMatchObject({
      gatewayId: 'gateway-under-test',
      ready: true,
      notReady: null,
      listen: [url],
      counts: { received: 2, acknowledged: 1, forwarded: 1, deadLettered: 1, dropped: 0, refused: 0 },
      receivedBySource: { mqtt: 2, subscribe: 0, http: 0 },
      deadLetteredByCode: { DECODE_MALFORMED: 1 },
      sink: { name: 'memory', ready: true },
      pending: { records: 0, bytes: 0, maxRecords: 20_000 },
      connections: { total: 1, byProtocol: { mqtt: 1 }, paused: 0 },
      topClients: [{ clientId: 'device' }],
    });
    expect(status.latencyMs.acknowledge.lastMinute?.max).toBeGreaterThan(0);
    expect(status.uptimeMs).toBeLessThan(Date.now() - Date.parse(status.startedAt) + 1_000);
    expect(status.memory.rssBytes).toBeGreaterThan(1e6);
    expect(status.memory.peakRssBytes).toBeGreaterThanOrEqual(status.memory.rssBytes);
  });

  it('tells the whole distribution of its latency, for who adds up several gateways or lives', async () => {
    const { gateway, url } = await opened.gateway(new MemorySink(), { http: '127.0.0.1:0' });
    const device = opened.add(await RawMqtt.session(url, 'device'));
    device.send(mqttPacket.publish('a', readingJson(), { qos: 1 }));
    await until(() => gateway.safeLatency.percentiles() !== null);
    const [, text] = await get(gateway.observeAddress as string, '/latency');
    expect(TimeHistogram.decode(text.trim()).percentiles()).toEqual(gateway.safeLatency.percentiles());
  });

  it('shows people a page that loads nothing from elsewhere and runs no script but its own', async () => {
    const { gateway } = await opened.gateway(new MemorySink(), { http: '127.0.0.1:0' });
    const response = await fetch(`${gateway.observeAddress}/`);
    const html = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    for (const tag of ['script', 'style']) {
      const [, body = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(html) ?? [];
      const hash = createHash('sha256').update(body).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(html).not.toMatch(/https?:|innerHTML|\son[a-z]+=|\sstyle=/);
  });

  it('answers GET and HEAD only, and lists its pages where there is none', async () => {
    const { gateway } = await opened.gateway(new MemorySink(), { http: '127.0.0.1:0' });
    const base = gateway.observeAddress as string;
    for (const path of ['/', '/livez', '/readyz', '/status', '/latency', '/metrics']) {
      const head = await fetch(`${base}${path}`, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const refused = await fetch(`${base}${path}`, { method });
        expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      }
    }
    const [status, text] = await get(base, '/metric');
    expect(status).toBe(404);
    expect(text).toContain('/metrics');
    expect((await get(base, '/__proto__'))[0]).toBe(404);
    expect((await get(base, '/livez?verbose'))[0]).toBe(200);
  });

  it('closes connections beyond a hundred, and goes on answering the others', async () => {
    const { gateway } = await opened.gateway(new MemorySink(), { http: '127.0.0.1:0' });
    const base = gateway.observeAddress as string;
    const { port } = new URL(base);
    const sockets: Socket[] = [];
    let closed = 0;
    for (let i = 0; i < 120; i++) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {}).on('close', () => closed++);
      sockets.push(socket);
      opened.add({ end: () => socket.destroy() });
    }
    await until(() => closed === 20);
    const open = sockets.find((socket) => !socket.closed) as Socket;
    open.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [answer] = await once(open, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  });

  it.each([
    ['127.0.0.1:0', false],
    ['localhost:0', false],
    ['0.0.0.0:0', true],
  ])('on %s warns that others can read it: %s', async (http, warns) => {
    const lines: string[] = [];
    const log = createLog({ stream: { write: (line) => lines.push(line) }, level: 'warn', format: 'json' });
    const gateway = new Gateway(testOptions({ http }), { sink: new MemorySink(), log });
    opened.add({ end: () => gateway.stop() });
    await gateway.start();
    expect(lines.some((line) => line.includes('open to other machines'))).toBe(warns);
  });

  it('in use is named with its flag, and nothing stays open', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    opened.add({ end: () => other.close() });
    const { port } = other.address() as { port: number };
    const sink = new MemorySink();
    await expect(opened.gateway(sink, { http: `127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'GATEWAY_PORT_IN_USE',
      exitCode: 3,
      message: `--http 127.0.0.1:${port}: port ${port} of 127.0.0.1 is in use`,
    });
    await expect(
      opened.gateway(sink, { listen: ['mqtt://127.0.0.1:0', `mqtt://127.0.0.1:${port}`] }),
    ).rejects.toMatchObject({
      code: 'GATEWAY_PORT_IN_USE',
      message: `--listen mqtt://127.0.0.1:${port}: port ${port} of 127.0.0.1 is in use`,
    });
    expect(sink.stopped).toBe(true);
  });
});
