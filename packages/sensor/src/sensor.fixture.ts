import { createRequire } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import { loadConfig, type TruthRow } from 'sensorsim-shared';
import { type SensorOptions, sensorOptions } from './options.js';
import type { Recorder } from './sensor.js';
import { settingProblems } from './settings-check.js';

/** What of aedes these tests use; its package belongs to the gateway. */
export interface TestBroker {
  readonly handle: (socket: Socket) => void;
  authenticate: (
    client: unknown,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: (Error & { returnCode?: number }) | null, ok: boolean) => void,
  ) => void;
  authorizePublish: (client: unknown, packet: TestPacket, done: (error: Error | null) => void) => void;
  on(event: 'publish', listener: (packet: TestPacket, client: { id: string } | null) => void): void;
  on(event: 'clientDisconnect' | 'client', listener: (client: { id: string }) => void): void;
  close(done: () => void): void;
}

export interface TestPacket {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
}

const fromGateway = createRequire(new URL('../../gateway/package.json', import.meta.url));

/** A real broker on a port of 127.0.0.1 that can be taken away and brought back. */
export class BrokerFixture {
  readonly packets: (TestPacket & { client: string })[] = [];
  broker!: TestBroker;
  port = 0;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  async start(): Promise<void> {
    const { Aedes } = fromGateway('aedes') as { Aedes: { createBroker(): Promise<TestBroker> } };
    this.broker = await Aedes.createBroker();
    this.broker.on('publish', ({ topic, payload, qos, retain, dup }, client) => {
      if (client !== null) {
        this.packets.push({ topic, payload: Buffer.from(payload), qos, retain, dup, client: client.id });
      }
    });
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      this.broker.handle(socket);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of this.#sockets) {
        socket.destroy();
      }
      await closed;
      await new Promise<void>((resolve) => this.broker.close(resolve));
    }
  }

  /** The readings that came, decoded. */
  readings(): { id: string; seq: number; ts: number; value: number }[] {
    return this.packets
      .filter(({ topic }) => topic.startsWith('sensors/'))
      .map(({ payload }) => JSON.parse(payload.toString()));
  }
}

/** Settings as a user gives them, by the names the code uses. */
export function testOptions(flags: Readonly<Record<string, unknown>>): SensorOptions {
  return loadConfig({ table: sensorOptions, prefix: 'SENSORSIM', flags, env: {}, check: settingProblems })
    .values;
}

/** Keeps what a run would have written down. */
export class MemoryRecorder implements Recorder {
  readonly rows: TruthRow[] = [];
  readonly events: Parameters<Recorder['connection']>[0][] = [];

  truthLine(line: string): void {
    this.rows.push(JSON.parse(line) as TruthRow);
  }

  truthBytes(bytes: Uint8Array): void {
    for (const line of Buffer.from(bytes).toString().trimEnd().split('\n')) {
      this.truthLine(line);
    }
  }

  connection(event: Parameters<Recorder['connection']>[0]): void {
    this.events.push(event);
  }
}

/** Waits until something is so; fails after 10 s. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) {
      throw new Error(`not within 10 s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
