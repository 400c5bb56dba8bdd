import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { generate, type Packet, parser } from 'mqtt-packet';
import { RunningClock } from 'sensorsim-shared';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerFixture } from '../../sensor.fixture.js';
import type { AttackConnection, AttackMessage, ConnectSettings } from './attack-connection.js';
import type { AttackRecorder } from './attack-recorder.js';
import { SocketConnector } from './socket-connector.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) {
    await close();
  }
});

/** What is recorded, a line each, and the packets of the broker. */
class Scene {
  readonly messages: string[] = [];
  readonly events: string[] = [];
  readonly packets: Packet[] = [];
  readonly connector: SocketConnector;
  #onClosed: (() => void)[] = [];
  closed = 0;

  constructor(port: number) {
    const address = {
      protocol: 'mqtt',
      host: '127.0.0.1',
      port,
      path: '/',
      url: `mqtt://127.0.0.1:${port}`,
    } as const;
    const machine = new RunningClock();
    this.connector = new SocketConnector({ addresses: [address], tls: {}, insecure: false, machine });
    closers.push(() => this.connector.stop());
  }

  readonly recorder: AttackRecorder = {
    label: { cause: 'attack', type: 'x', intervals: ['a1'] },
    message: ({ topic }, connection, outcome, reason) =>
      this.messages.push([connection, topic, outcome, reason].filter(Boolean).join(' ')),
    connection: ({ event, code, filters, reason }) =>
      this.events.push([event, code, filters, reason].filter((part) => part !== undefined).join(' ')),
  };

  /** @param settings absent: CONNECT is not sent */
  open(settings?: Partial<ConnectSettings>): AttackConnection {
    const connection = this.connector.open(
      'temp-0009',
      {
        opened: () =>
          settings && connection.connect({ clientId: 'temp-0009', keepaliveSeconds: 0, ...settings }),
        packet: (packet) => this.packets.push(packet),
        closed: () => {
          this.closed++;
          for (const done of this.#onClosed.splice(0)) {
            done();
          }
        },
      },
      this.recorder,
    );
    return connection;
  }

  /** Resolves when the broker has sent this. */
  async sees(cmd: Packet['cmd'], count = 1): Promise<void> {
    while (this.packets.filter((packet) => packet.cmd === cmd).length < count) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async end(): Promise<void> {
    if (this.connector.size > 0) {
      await new Promise<void>((resolve) => this.#onClosed.push(resolve));
    }
  }
}

const truth: AttackMessage['truth'] = { id: 'temp-0009', seq: 0, ts: 1, valueTrue: null, label: {} };
const to = (topic: string, qos: 0 | 1 | 2, more: Partial<AttackMessage> = {}): AttackMessage => ({
  topic,
  qos,
  payload: Buffer.from('x'),
  truth,
  ...more,
});

/** A server of bare bytes: what comes is parsed, what goes is said by the test. */
async function bareServer(onSocket: (socket: Socket, seen: Packet[]) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const seen: Packet[] = [];
    sockets.add(socket);
    socket.on('error', () => {});
    const read = parser();
    read.on('packet', (packet) => seen.push(packet));
    read.on('error', () => {});
    socket.on('data', (bytes) => read.parse(bytes));
    onSocket(socket, seen);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
    await once(server, 'close');
  });
  return (server.address() as { port: number }).port;
}

const connack = (returnCode: number): Buffer =>
  generate({ cmd: 'connack', returnCode, sessionPresent: false });

async function realBroker(): Promise<BrokerFixture> {
  const broker = new BrokerFixture();
  await broker.start();
  closers.push(() => broker.stop());
  return broker;
}

describe('a connection of a driver', () => {
  it('publishes at each QoS, subscribes and leaves, against a real broker', async () => {
    const broker = await realBroker();
    const scene = new Scene(broker.port);
    const connection = scene.open({ username: 'u', password: 'p' });
    await scene.sees('connack');
    expect([connection.open, connection.clientId]).toEqual([true, 'temp-0009']);
    for (const qos of [0, 1, 2] as const) {
      connection.publish(to(`t/${qos}`, qos));
    }
    connection.subscribe(['t/#', '$SYS/#'], 1);
    await scene.sees('pubcomp');
    await scene.sees('suback');
    connection.end();
    await scene.end();
    expect(scene.messages).toEqual([
      'temp-0009 t/0 published',
      'temp-0009 t/1 acknowledged',
      'temp-0009 t/2 acknowledged',
    ]);
    expect(broker.packets.map(({ topic, qos }) => `${topic} ${qos}`).sort()).toEqual([
      't/0 0',
      't/1 1',
      't/2 2',
    ]);
    expect(scene.events).toEqual(['connected', 'subscribed t/#,$SYS/#', 'closed DISCONNECT']);
  });

  it('is refused', async () => {
    const broker = await realBroker();
    broker.broker.authenticate = (_client, _user, _password, done) =>
      done(Object.assign(new Error('no'), { returnCode: 5 }), false);
    const scene = new Scene(broker.port);
    const connection = scene.open({});
    await scene.end();
    expect(scene.events).toEqual(['refused 5']);
    // And what is sent after that is lost, said so, and harms nobody.
    connection.publish(to('t', 1));
    connection.subscribe(['t']);
    connection.send({ cmd: 'pingreq' });
    connection.abort();
    connection.end();
    expect(scene.messages).toEqual(['temp-0009 t failed offline']);
    expect(scene.events.slice(1)).toEqual(['unsubscribable t offline']);
    expect([scene.closed, connection.open, scene.connector.size, scene.connector.backlogBytes]).toEqual([
      1,
      false,
      0,
      0,
    ]);
  });

  it('says when nobody listens', async () => {
    const port = await bareServer(() => {});
    await closers.pop()?.();
    const scene = new Scene(port);
    scene.open({});
    await scene.end();
    expect(scene.events).toEqual(['failed connection refused']);
  });

  it('fails what was not confirmed when the broker goes', async () => {
    const port = await bareServer((socket, packets) => {
      socket.write(connack(0));
      socket.on('data', () => {
        if (packets.some(({ cmd }) => cmd === 'subscribe')) {
          socket.write(generate({ cmd: 'puback', messageId: 1 }));
          socket.end(generate({ cmd: 'suback', messageId: 3, granted: [128, 0] }));
        }
      });
    });
    const scene = new Scene(port);
    const connection = scene.open({});
    await scene.sees('connack');
    connection.publish(to('t/1', 1));
    connection.publish(to('t/2', 1));
    connection.subscribe(['a', 'b']);
    connection.subscribe(['c']);
    await scene.end();
    expect(scene.messages).toEqual(['temp-0009 t/1 acknowledged', 'temp-0009 t/2 failed unconfirmed']);
    expect(scene.events).toEqual([
      'connected',
      'subscribed b',
      'unsubscribable 128 a',
      'unsubscribable c closed by the broker',
      'lost closed by the broker',
    ]);
  });

  it('leaves PUBREL out where it is told to', async () => {
    const port = await bareServer((socket, packets) => {
      socket.write(connack(0));
      socket.on('data', () => {
        for (const packet of packets.splice(0)) {
          if (packet.cmd === 'publish') {
            socket.write(generate({ cmd: 'pubrec', messageId: packet.messageId as number }));
          } else if (packet.cmd === 'pubrel') {
            socket.write(generate({ cmd: 'pubcomp', messageId: packet.messageId as number }));
          }
        }
      });
    });
    const scene = new Scene(port);
    const connection = scene.open({});
    await scene.sees('connack');
    connection.publish(to('half', 2, { withoutRelease: true }));
    connection.publish(to('whole', 2));
    await scene.sees('pubcomp');
    expect(scene.packets.filter(({ cmd }) => cmd === 'pubrec')).toHaveLength(2);
    expect(scene.packets.filter(({ cmd }) => cmd === 'pubcomp').map(({ messageId }) => messageId)).toEqual([
      2,
    ]);
    expect(scene.messages).toEqual(['temp-0009 half acknowledged', 'temp-0009 whole acknowledged']);
  });

  it('waits for confirmations before it says goodbye', async () => {
    const order: string[] = [];
    const port = await bareServer((socket, packets) => {
      socket.write(connack(0));
      socket.on('data', () => {
        for (const packet of packets.splice(0)) {
          order.push(packet.cmd);
          if (packet.cmd === 'publish') {
            setTimeout(
              () => socket.write(generate({ cmd: 'puback', messageId: packet.messageId as number })),
              20,
            );
          } else if (packet.cmd === 'disconnect') {
            socket.end();
          }
        }
      });
    });
    const scene = new Scene(port);
    const connection = scene.open({});
    await scene.sees('connack');
    connection.publish(to('t', 1));
    connection.end();
    connection.publish(to('late', 1));
    await scene.end();
    expect(order).toEqual(['connect', 'publish', 'disconnect']);
    expect(scene.messages).toEqual(['temp-0009 late failed offline', 'temp-0009 t acknowledged']);
  });

  it('tells of its will when it is accepted and goes without DISCONNECT, and only then', async () => {
    const broker = await realBroker();
    const will = { topic: 'w', payload: Buffer.from('offline'), qos: 1, truth } as const;
    for (const [how, messages] of [
      ['abort', ['temp-0009 w published']],
      ['end', []],
    ] as const) {
      const scene = new Scene(broker.port);
      const connection = scene.open({ will });
      await scene.sees('connack');
      connection[how]();
      await scene.end();
      expect(scene.messages).toEqual(messages);
    }
    while (broker.packets.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(broker.packets.map(({ topic }) => topic)).toEqual(['w']);
    broker.broker.authenticate = (_client, _user, _password, done) =>
      done(Object.assign(new Error('no'), { returnCode: 5 }), false);
    const scene = new Scene(broker.port);
    scene.open({ will });
    await scene.end();
    expect(scene.messages).toEqual(['temp-0009 w failed refused']);
  });

  it('counts what waits while the broker does not read, and forgets it at the end', async () => {
    const port = await bareServer((socket) => {
      socket.write(connack(0));
      socket.pause();
    });
    const scene = new Scene(port);
    const connection = scene.open({});
    await scene.sees('connack');
    const payload = Buffer.alloc(1024 * 1024);
    // More than the buffers of the kernel take.
    for (let i = 0; i < 16; i++) {
      connection.publish(to('t', 0, { payload }));
    }
    expect(connection.backlogBytes).toBeGreaterThan(1024 * 1024);
    expect(scene.connector.backlogBytes).toBeGreaterThanOrEqual(connection.backlogBytes);
    connection.abort();
    await scene.end();
    expect(scene.connector.backlogBytes).toBe(0);
  });

  it('survives whatever a broker sends', async () => {
    let answer: Uint8Array[] = [];
    const port = await bareServer((socket) => {
      for (const bytes of answer) {
        socket.write(bytes);
      }
      socket.end();
    });
    const packet = fc.constantFrom(
      connack(0),
      connack(5),
      generate({ cmd: 'puback', messageId: 7 }),
      generate({ cmd: 'pubrec', messageId: 1 }),
      generate({ cmd: 'suback', messageId: 2, granted: [0] }),
      generate({ cmd: 'publish', topic: 't', payload: 'x', qos: 2, messageId: 9, retain: false, dup: false }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(packet, fc.uint8Array({ maxLength: 40 })), { maxLength: 6 }),
        async (bytes) => {
          answer = bytes;
          const scene = new Scene(port);
          const connection = scene.open({});
          connection.publish(to('t', 1));
          connection.subscribe(['t']);
          await scene.end();
          expect(scene.closed).toBe(1);
          // Every message has one fate, and the connection one end.
          expect(scene.messages).toHaveLength(1);
          const ends = scene.events.filter((event) => /^(closed|lost|failed|refused)/.test(event));
          expect(ends).toHaveLength(1);
          expect(scene.events.filter((event) => event === 'connected').length).toBeLessThan(2);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ends all of them, and resolves when that is recorded', async () => {
    const broker = await realBroker();
    const scene = new Scene(broker.port);
    for (let i = 0; i < 5; i++) {
      scene.open({ clientId: `c${i}` });
    }
    await scene.sees('connack', 5);
    await scene.connector.stop();
    expect(scene.events.filter((event) => event === 'closed DISCONNECT')).toHaveLength(5);
    expect([scene.closed, scene.connector.size]).toEqual([5, 0]);
    await scene.connector.stop();
  });
});
