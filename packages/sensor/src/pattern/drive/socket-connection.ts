import type { Duplex } from 'node:stream';
import { generate, type Packet, parser } from 'mqtt-packet';
import { type Clock, messageOf, type WaitHandle } from 'sensorsim-shared';
import { connectFailure } from '../../publish/connect-failure.js';
import { openTransport, type TransportSecurity, type TransportTarget } from '../../publish/transport.js';
import { caps } from '../caps.js';
import type {
  AttackConnection,
  AttackConnectionEvents,
  AttackMessage,
  ConnectSettings,
} from './attack-connection.js';
import type { AttackRecorder } from './attack-recorder.js';
import { connectPacket } from './connect-packet.js';
import { ConnectionRecord, goodbye, refusalCode } from './connection-record.js';
import { PacketIds } from './packet-ids.js';

export interface SocketConnectionOptions {
  readonly security: TransportSecurity;
  readonly target: TransportTarget;
  /** Machine time. */
  readonly machine: Clock;
  readonly clientId: string;
  readonly events: AttackConnectionEvents;
  readonly recorder: AttackRecorder;
  /** Bytes that wait on all connections together. */
  readonly load: { backlogBytes: number };
  /** Called once, when nothing of the connection is left. */
  readonly onClosed: (connection: SocketConnection) => void;
}

/** How long a transport may take to stand. */
const openTimeoutMs = 10_000;
/** How long `end` waits for confirmations, and then for the broker to close. */
const endTimeoutMs = 1_000;

type State = 'opening' | 'open' | 'ending' | 'closed';

/** A connection of a driver over TCP, TLS or WebSocket. Whatever the broker sends, and however it ends, nothing is thrown. */
export class SocketConnection implements AttackConnection {
  readonly #options: SocketConnectionOptions;
  readonly #stream: Duplex;
  readonly #parser;
  /** The packets of MQTT 5 are written and read in another way. */
  readonly #protocol = { protocolVersion: 4 as 4 | 5 };
  readonly #ids = new PacketIds();
  readonly #record: ConnectionRecord;
  #state: State = 'opening';
  /** What closed it, where that was not the broker. */
  #ownReason: string | undefined;
  #reason: string | undefined;
  #timeout: WaitHandle | undefined;
  #countedBytes = 0;
  #reached = false;

  constructor(options: SocketConnectionOptions) {
    this.#options = options;
    this.#record = new ConnectionRecord(options.recorder, options.machine, options.clientId);
    this.#parser = parser(this.#protocol);
    this.#parser.on('packet', (packet: Packet) => this.#onPacket(packet));
    this.#parser.on('error', (error: Error) => this.#fail(`the broker sends no MQTT: ${error.message}`));
    const stream = openTransport(options.security, options.target, () => this.#onOpen());
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('drain', () => this.#count());
    stream.on('error', (error: Error) => {
      this.#reason ??= connectFailure(error);
    });
    // A half that is still open says nothing more.
    stream.on('end', () => stream.destroy());
    stream.on('close', () => this.#onClose());
    this.#limit(openTimeoutMs, 'timed out');
  }

  get clientId(): string {
    return this.#record.clientId;
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  get backlogBytes(): number {
    return this.#stream.writableLength + this.#ids.unconfirmedBytes;
  }

  /** Its gateway did not answer, and nobody else ended it before it could. */
  get unreachable(): boolean {
    return this.#state === 'closed' && !this.#reached && this.#ownReason === undefined;
  }

  connect(settings: ConnectSettings): void {
    this.#record.connects(settings);
    this.#protocol.protocolVersion = settings.protocolVersion ?? 4;
    this.send(connectPacket(settings));
  }

  subscribe(filters: readonly string[], qos: 0 | 1 | 2 = 0): void {
    const messageId = this.#ids.take({ filters });
    const subscriptions = filters.map((topic) => ({ topic, qos }));
    const sent =
      messageId !== undefined &&
      this.#write(generate({ cmd: 'subscribe', messageId, subscriptions }, this.#protocol));
    if (!sent) {
      this.#giveBack(messageId);
      this.#record.unsubscribable(filters, this.#canWrite ? 'busy' : 'offline');
    }
  }

  publish(message: AttackMessage): void {
    const { topic, payload, qos, retain = false, dup = false } = message;
    const messageId = qos === 0 ? 0 : this.#ids.take({ message });
    const sent =
      messageId !== undefined &&
      this.#write(
        generate(
          {
            cmd: 'publish',
            topic,
            payload: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
            qos,
            retain,
            dup,
            ...(qos > 0 && { messageId }),
          },
          this.#protocol,
        ),
      );
    if (sent) {
      if (qos === 0) {
        this.#record.message(message, 'published');
      }
      return;
    }
    this.#giveBack(messageId);
    this.#record.message(message, 'failed', this.#canWrite ? 'busy' : 'offline');
  }

  announce(topic: string, status: 'online' | 'offline'): void {
    const messageId = this.#ids.take({});
    if (messageId !== undefined) {
      this.send({ cmd: 'publish', topic, payload: status, qos: 1, retain: true, dup: false, messageId });
    }
  }

  send(packet: Packet): void {
    this.#write(generate(packet, this.#protocol));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  end(): void {
    if (this.#state === 'opening' || !this.#record.accepted) {
      this.abort();
    } else if (this.#state === 'open') {
      this.#state = 'ending';
      this.#ownReason = goodbye;
      this.#limit(endTimeoutMs, undefined, () => this.#sayGoodbye());
      this.#goWhenConfirmed();
    }
  }

  abort(): void {
    if (this.#state !== 'closed') {
      this.#ownReason ??= this.#record.accepted ? 'closed without DISCONNECT' : 'closed before CONNACK';
      this.#state = 'ending';
      this.#stream.destroy();
    }
  }

  get #canWrite(): boolean {
    return (this.#state === 'open' || this.#state === 'opening') && !this.#stream.destroyed;
  }

  #giveBack(messageId: number | undefined): void {
    if (messageId !== undefined) {
      this.#ids.free(messageId);
    }
  }

  /** False: it was not sent. */
  #write(bytes: Buffer): boolean {
    if (!this.#canWrite || this.#options.load.backlogBytes >= caps.backlogBytes) {
      return false;
    }
    this.#stream.write(bytes);
    this.#count();
    return true;
  }

  /** Keeps what waits on all connections together: at most too high, until the socket has drained. */
  #count(): void {
    const bytes = this.#state === 'closed' ? 0 : this.backlogBytes;
    this.#options.load.backlogBytes += bytes - this.#countedBytes;
    this.#countedBytes = bytes;
  }

  #onOpen(): void {
    this.#reached = true;
    if (this.#state === 'opening') {
      this.#timeout?.cancel();
      this.#state = 'open';
      this.#count();
      this.#options.events.opened?.();
    }
  }

  #onData(chunk: Buffer): void {
    try {
      this.#parser.parse(chunk);
    } catch (error) {
      this.#fail(`the broker sends no MQTT: ${messageOf(error)}`);
    }
  }

  #fail(reason: string): void {
    this.#reason ??= reason;
    this.#stream.destroy();
  }

  #onPacket(packet: Packet): void {
    if (this.#stream.destroyed || this.#state === 'closed') {
      return;
    }
    switch (packet.cmd) {
      case 'connack':
        this.#record.answered(packet.returnCode ?? packet.reasonCode ?? 0);
        break;
      case 'suback':
        this.#onSuback(packet.messageId as number, packet.granted as number[]);
        break;
      case 'puback':
      case 'pubrec':
        this.#onConfirmed(packet.messageId as number, packet.reasonCode ?? 0, packet.cmd === 'pubrec');
        break;
      case 'pubcomp':
        this.#ids.free(packet.messageId as number);
        break;
      case 'disconnect':
        this.#reason ??= `the broker disconnects: reason ${packet.reasonCode ?? 0}`;
        break;
    }
    this.#options.events.packet?.(packet);
  }

  #onSuback(messageId: number, granted: readonly number[]): void {
    const filters = this.#ids.free(messageId)?.filters;
    if (filters !== undefined) {
      this.#record.subscribed(filters, granted);
    }
  }

  #onConfirmed(messageId: number, code: number, isPubrec: boolean): void {
    const taken = code < refusalCode;
    const message = this.#ids.confirm(messageId, isPubrec && taken);
    if (message !== undefined) {
      this.#count();
      if (taken) {
        this.#record.message(message, 'acknowledged');
      } else {
        this.#record.message(message, 'failed', 'refused');
      }
      if (isPubrec && taken && message.withoutRelease !== true) {
        this.send({ cmd: 'pubrel', messageId });
      }
    }
    this.#goWhenConfirmed();
  }

  #goWhenConfirmed(): void {
    if (this.#state === 'ending' && this.#ids.unconfirmed === 0) {
      this.#sayGoodbye();
    }
  }

  /** DISCONNECT, at once or when confirmations have been waited for. */
  #sayGoodbye(): void {
    if (!this.#stream.writableEnded && !this.#stream.destroyed) {
      this.#stream.end(generate({ cmd: 'disconnect' }, this.#protocol));
      this.#limit(endTimeoutMs, undefined);
    }
  }

  /** Ends what takes too long, or does something else then. */
  #limit(ms: number, reason: string | undefined, then?: () => void): void {
    const { machine } = this.#options;
    this.#timeout?.cancel();
    this.#timeout = machine.wake(machine.now() + ms, () => {
      this.#reason ??= reason;
      if (then === undefined) {
        this.#stream.destroy();
      } else {
        then();
      }
    });
  }

  #onClose(): void {
    if (this.#state === 'closed') {
      return;
    }
    this.#state = 'closed';
    this.#timeout?.cancel();
    this.#count();
    const reason = this.#ownReason ?? this.#reason ?? 'closed by the broker';
    this.#record.over({ reason, own: this.#ownReason !== undefined, unanswered: this.#ids.drain() });
    this.#options.onClosed(this);
    this.#options.events.closed?.(reason);
  }
}
