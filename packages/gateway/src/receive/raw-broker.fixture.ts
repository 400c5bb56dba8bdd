import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { mqttPacket } from './raw-mqtt.fixture.js';

/** A broker of bare bytes: a test reads each packet and says what is answered. One connection at a time. */
export class RawBroker {
  readonly #server: Server;
  #socket: Socket | undefined;
  #received = Buffer.alloc(0);

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#socket?.destroy();
      this.#socket = socket;
      this.#received = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        this.#received = Buffer.concat([this.#received, chunk]);
      });
    });
  }

  static async open(): Promise<RawBroker> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RawBroker(server);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  get connected(): boolean {
    return this.#socket?.destroyed === false;
  }

  send(...packets: Buffer[]): void {
    this.#socket?.write(Buffer.concat(packets));
  }

  /** The next packet, as hex. Packets of this broker's peer are shorter than 128 bytes. */
  async take(): Promise<string> {
    for (;;) {
      const length = 2 + (this.#received[1] ?? Number.POSITIVE_INFINITY);
      if (this.#received.length >= length) {
        const packet = this.#received.subarray(0, length);
        this.#received = this.#received.subarray(length);
        return packet.toString('hex');
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Packets that are there and were not taken, after what is under way has come. */
  async rest(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return this.#received.toString('hex');
  }

  /** Takes CONNECT and, where there is no session, SUBSCRIBE; grants both. Returns CONNECT. */
  async accept({ sessionPresent = false } = {}): Promise<string> {
    const connect = await this.take();
    this.send(Buffer.from([0x20, 3, sessionPresent ? 1 : 0, 0, 0]));
    if (!sessionPresent) {
      const subscribe = Buffer.from(await this.take(), 'hex');
      this.send(Buffer.from([0x90, 4, subscribe[2] as number, subscribe[3] as number, 0, 1]));
    }
    return connect;
  }

  drop(): void {
    this.#socket?.destroy();
  }

  async end(): Promise<void> {
    this.drop();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A PUBLISH of MQTT 5: as before, with properties ahead of the payload. */
export function publishV5(
  topic: string,
  payload: string,
  options: { qos: 0 | 1 | 2; id?: number; dup?: boolean; properties?: Buffer },
): Buffer {
  const properties = options.properties ?? Buffer.alloc(0);
  return mqttPacket.publish(
    topic,
    Buffer.concat([Buffer.from([properties.length]), properties, Buffer.from(payload)]),
    options,
  );
}
