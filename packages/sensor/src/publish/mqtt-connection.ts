import type { Duplex } from 'node:stream';
import { type IClientOptions, type IClientPublishOptions, MqttClient, type Packet } from 'mqtt';
import type { Clock, Codec, WaitHandle } from 'sensorsim-shared';
import type { Backoff } from './backoff.js';
import { connectFailure } from './connect-failure.js';
import type { Candidate } from './gateways/candidate.js';
import { GatewayChoice } from './gateways/gateway-choice.js';
import type { Gateways } from './gateways/gateways.js';
import type { DueReading, FateListener } from './publisher.js';
import { ReadingQueue } from './reading-queue.js';
import { RedeliveryStore } from './redelivery-store.js';
import { openTransport, type TransportSecurity } from './transport.js';

/** What the connections of a fleet have in common. */
export interface ConnectionSettings {
  readonly gateways: Gateways;
  readonly security: TransportSecurity;
  readonly qos: 0 | 1 | 2;
  readonly codec: Codec;
  readonly publish: IClientPublishOptions;
  /** Unconfirmed readings under way at QoS 1 and 2. */
  readonly inflight: number;
  /** Readings that may wait while the connection is busy. */
  readonly waiting: number;
  /** Readings kept while there is no connection; 0: skip them. */
  readonly offlineQueue: number;
  /** Topic of each device, by its place among the devices of this thread. */
  readonly topics: readonly string[];
  /** Machine time. */
  readonly machine: Clock;
  readonly fates: FateListener;
  /** What all connections hold, counted together. */
  readonly load: { inFlight: number; waiting: number };
}

/** One connection's own. */
export interface ConnectionIdentity {
  readonly clientId: string;
  readonly client: IClientOptions;
  readonly backoff: Backoff;
  /** Retained `online` and `offline` go here. */
  readonly statusTopic?: string | undefined;
}

/** What a connection tells its publisher. */
export interface ConnectionEvents {
  /** @param again it had stood before */
  opened(connection: MqttConnection, again: boolean): void;
  failed(connection: MqttConnection, end: ConnectionEnd): void;
  lost(connection: MqttConnection, end: ConnectionEnd): void;
  /** Room has come, or a reading was settled. */
  moved(): void;
  /** Lets an attempt begin when the connect rate allows it. */
  pace(begin: () => void): void;
}

/** How a connection, or an attempt to make one, ended. */
export interface ConnectionEnd {
  readonly reason: string;
  /** Of CONNACK or DISCONNECT, where the broker answered. */
  readonly code: number | undefined;
  /** Undefined: there was none to be tried. */
  readonly gateway: Candidate | undefined;
  /** The next gateway is tried at once. */
  readonly moves: boolean;
}

/** Bytes that may wait in the socket: at QoS 0 no confirmation says how fast the broker takes them. */
const socketBytes = 256 * 1024;
/** MQTT.js would reconnect by itself after this; we do it sooner, with backoff. */
const neverMs = 2 ** 31 - 1;
const connectTimeoutMs = 10_000;
/** How long a gateway's machine may be silent while there is another gateway: a second and a third SYN fit in. */
const reachTimeoutMs = 3_500;
/** A connection that ends sooner is no sign that its gateway was well. */
const steadyMs = 1_000;
/** How long a goodbye may take. */
const endTimeoutMs = 2_000;

/** Keeps one MQTT connection up and sends readings over it, in order, a bounded number of them unconfirmed. */
export class MqttConnection {
  readonly clientId: string;
  readonly #settings: ConnectionSettings;
  readonly #identity: ConnectionIdentity;
  readonly #events: ConnectionEvents;
  readonly #queue = new ReadingQueue();
  /** By packet id. */
  readonly #underWay = new Map<number, DueReading>();
  readonly #choice: GatewayChoice;
  #client: MqttClient | undefined;
  /** The broker has accepted us. */
  #linked = false;
  /** And what was unconfirmed on the last connection has been sent again. */
  #ready = false;
  #linkedBefore = false;
  #linkedAt = 0;
  #dropped = false;
  #ending = false;
  #awaitsDrain = false;
  #lastId = 0;
  #sending: DueReading | undefined;
  #reason: string | undefined;
  #code: number | undefined;
  #retry: WaitHandle | undefined;
  /** Machine time before which it does not connect again. */
  #notBefore = 0;

  constructor(settings: ConnectionSettings, identity: ConnectionIdentity, events: ConnectionEvents) {
    this.#settings = settings;
    this.#identity = identity;
    this.#events = events;
    this.clientId = identity.clientId;
    this.#choice = new GatewayChoice(identity.clientId);
  }

  /** The gateway that it is connected to, or tries, or tried last. */
  get gateway(): Candidate | undefined {
    return this.#choice.current;
  }

  /** There are gateways to choose from. */
  get hasChoice(): boolean {
    return this.#choice.several;
  }

  get linked(): boolean {
    return this.#linked;
  }

  /** Nothing is under way or waits. */
  get settled(): boolean {
    return this.#underWay.size === 0 && this.#queue.length === 0;
  }

  get hasRoom(): boolean {
    return this.#ready && this.#queue.length === 0 && this.#canSend();
  }

  /** Makes the first attempt; goes on by itself. */
  open(): void {
    this.#settings.gateways.use(({ candidates, problem }) => {
      if (this.#ending) {
        return;
      }
      if (this.#choice.next(candidates) === undefined) {
        this.#reason = problem;
        this.#onClose();
      } else if (this.#client === undefined) {
        this.#client = this.#makeClient();
      } else {
        this.#client.connect();
      }
    });
  }

  #makeClient(): MqttClient {
    // One client for all gateways: what one did not confirm is in its store, and goes to the next before anything else.
    const client = new MqttClient(() => this.#openStream(), {
      clean: true,
      connectTimeout: connectTimeoutMs,
      reconnectPeriod: neverMs,
      // A ping each keep-alive costs less than a timer set anew at each packet.
      reschedulePings: false,
      timerVariant: 'native',
      resubscribe: false,
      // The library's logger looks at the environment at each call.
      log: () => {},
      ...this.#identity.client,
      clientId: this.clientId,
      outgoingStore: new RedeliveryStore(),
      messageIdProvider: this.#packetIds(),
    });
    client.on('packetreceive', (packet) => this.#onPacket(packet));
    client.on('connect', () => this.#onReady());
    client.on('disconnect', ({ reasonCode }) => {
      this.#reason = `the broker disconnects: reason ${reasonCode ?? 0}`;
      this.#code = reasonCode;
    });
    client.on('error', (error: Error & { code?: unknown }) => {
      this.#reason = connectFailure(error);
      this.#code = typeof error.code === 'number' ? error.code : undefined;
    });
    client.on('close', () => this.#onClose());
    return client;
  }

  #openStream(): Duplex {
    const { machine, security } = this.#settings;
    let silence: WaitHandle | undefined;
    const stream = openTransport(security, this.#choice.current as Candidate, () => silence?.cancel());
    if (this.#choice.more) {
      silence = machine.wake(machine.now() + reachTimeoutMs, () => {
        this.#reason ??= 'timed out';
        stream.destroy();
      });
      stream.once('close', () => silence?.cancel());
    }
    return stream;
  }

  /** Sends, keeps, or skips a reading. */
  publish(reading: DueReading): void {
    const { waiting, offlineQueue, fates, load } = this.#settings;
    if (this.#linked) {
      if (this.hasRoom) {
        this.#send(reading);
      } else if (this.#queue.length < waiting) {
        this.#queue.push(reading);
        load.waiting++;
        this.#pump();
      } else {
        fates.skipped(reading, 'busy');
      }
    } else if (offlineQueue === 0) {
      fates.skipped(reading, 'offline');
    } else {
      this.#queue.push(reading);
      load.waiting++;
      if (this.#queue.length > offlineQueue) {
        this.#skipOldest('queue-full');
      }
    }
  }

  /** Breaks the connection; it comes back by itself, not before `forMs`. */
  drop(forMs: number): void {
    this.#notBefore = this.#settings.machine.now() + forMs;
    this.#reason = 'closed by its device';
    this.#dropped = true;
    this.#client?.stream.destroy();
  }

  /** Gives up what waits and what is unconfirmed. */
  abandon(): void {
    while (this.#queue.length > 0) {
      this.#skipOldest('stopped');
    }
    const ids = [...this.#underWay.keys()];
    const readings = [...this.#underWay.values()];
    this.#underWay.clear();
    this.#settings.load.inFlight -= readings.length;
    for (const id of ids) {
      // Else the library waits for it before it says goodbye.
      this.#client?.removeOutgoingMessage(id);
    }
    for (const reading of readings) {
      this.#settings.fates.failed(reading, 'unconfirmed');
    }
  }

  /** Says goodbye and closes. */
  end(): Promise<void> {
    const { machine } = this.#settings;
    const { statusTopic } = this.#identity;
    this.#ending = true;
    this.#retry?.cancel();
    const client = this.#client;
    if (client === undefined) {
      return Promise.resolve();
    }
    if (this.#ready && statusTopic !== undefined) {
      client.publish(statusTopic, 'offline', { qos: 1, retain: true });
    }
    return new Promise((resolve) => {
      const timeout = machine.wake(machine.now() + endTimeoutMs, () => {
        client.stream.destroy();
        resolve();
      });
      client.end(!this.#ready, {}, () => {
        timeout.cancel();
        resolve();
      });
    });
  }

  /** Packet ids, so that a confirmation leads back to its reading without a closure for each. */
  #packetIds(): IClientOptions['messageIdProvider'] {
    return {
      allocate: () => {
        do {
          this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
        } while (this.#underWay.has(this.#lastId));
        if (this.#sending !== undefined) {
          this.#underWay.set(this.#lastId, this.#sending);
        }
        return this.#lastId;
      },
      getLastAllocated: () => this.#lastId,
      register: () => true,
      deallocate: () => {},
      clear: () => {},
    };
  }

  #canSend(): boolean {
    return (
      // A pattern may send at QoS 0 in a fleet that does not.
      (this.#client as MqttClient).stream.writableLength < socketBytes &&
      (this.#settings.qos === 0 || this.#underWay.size < this.#settings.inflight)
    );
  }

  #send(reading: DueReading): void {
    const { codec, topics, fates, load } = this.#settings;
    const { disturbance } = reading;
    const qos = disturbance?.qos ?? this.#settings.qos;
    let { publish } = this.#settings;
    let payload: string | Buffer;
    try {
      const encoded = disturbance?.payload ?? codec.encode(reading);
      payload =
        typeof encoded === 'string'
          ? encoded
          : Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
    } catch {
      fates.skipped(reading, 'unrepresentable');
      return;
    }
    const client = this.#client as MqttClient;
    const topic = disturbance?.topic ?? (topics[reading.device] as string);
    if (disturbance?.retain !== undefined) {
      publish = { ...publish, retain: disturbance.retain };
    }
    if (disturbance?.qos !== undefined) {
      publish = { ...publish, qos: disturbance.qos };
    }
    if (qos === 0) {
      client.publish(topic, payload, publish);
      fates.handedOver(reading, true);
      return;
    }
    this.#sending = reading;
    load.inFlight++;
    client.publish(topic, payload, publish, this.#onConfirmed);
    this.#sending = undefined;
    fates.handedOver(reading, false);
  }

  readonly #onConfirmed = (error: Error | undefined | null, packet?: Packet): void => {
    const id = packet?.messageId as number;
    const reading = this.#underWay.get(id);
    if (reading === undefined) {
      return;
    }
    this.#underWay.delete(id);
    this.#settings.load.inFlight--;
    if (error) {
      this.#settings.fates.failed(reading, 'refused');
    } else {
      this.#settings.fates.acknowledged(reading);
    }
    this.#pump();
    this.#events.moved();
  };

  /** Sends what waits, as far as there is room; goes on when the socket has drained. */
  #pump(): void {
    const { load } = this.#settings;
    while (this.#ready && this.#queue.length > 0 && this.#canSend()) {
      load.waiting--;
      this.#send(this.#queue.shift() as DueReading);
    }
    if (this.#ready) {
      this.#awaitDrain();
    }
  }

  #awaitDrain(): void {
    const { stream } = this.#client as MqttClient;
    if (!this.#awaitsDrain && stream.writableNeedDrain) {
      this.#awaitsDrain = true;
      stream.once('drain', () => {
        this.#awaitsDrain = false;
        this.#pump();
        this.#events.moved();
      });
    }
  }

  /** Asks to be told, through `moved`, when there is room. */
  awaitRoom(): void {
    if (this.#ready) {
      this.#awaitDrain();
    }
  }

  #skipOldest(reason: 'queue-full' | 'stopped'): void {
    this.#settings.load.waiting--;
    this.#settings.fates.skipped(this.#queue.shift() as DueReading, reason);
  }

  #onPacket(packet: Packet): void {
    if (packet.cmd === 'connack' && (packet.returnCode ?? packet.reasonCode ?? 0) === 0) {
      this.#linked = true;
      this.#linkedAt = this.#settings.machine.now();
      this.#identity.backoff.reset();
      this.#events.opened(this, this.#linkedBefore);
      this.#linkedBefore = true;
    }
  }

  #onReady(): void {
    const { statusTopic } = this.#identity;
    this.#ready = true;
    if (statusTopic !== undefined) {
      (this.#client as MqttClient).publish(statusTopic, 'online', { qos: 1, retain: true });
    }
    this.#pump();
    this.#events.moved();
  }

  #onClose(): void {
    const { machine } = this.#settings;
    const wasLinked = this.#linked;
    const reason = this.#reason ?? 'closed by the broker';
    const code = this.#code;
    this.#linked = false;
    this.#ready = false;
    this.#awaitsDrain = false;
    this.#reason = undefined;
    this.#code = undefined;
    if (this.#ending) {
      return;
    }
    const gateway = this.#choice.current;
    const moves = this.#chooseOther(wasLinked);
    const at = moves ? machine.now() : machine.now() + this.#identity.backoff.nextMs();
    this.#retry = machine.wake(Math.max(this.#notBefore, at), () => this.#events.pace(() => this.open()));
    const end = { reason, code, gateway, moves };
    if (wasLinked) {
      this.#events.lost(this, end);
    } else {
      this.#events.failed(this, end);
    }
  }

  /** Whether the next attempt is to be made at once, at another gateway. */
  #chooseOther(wasLinked: boolean): boolean {
    const choice = this.#choice;
    if (this.#dropped) {
      // That says nothing of the gateway.
      this.#dropped = false;
      choice.restart();
      return false;
    }
    if (wasLinked && this.#settings.machine.now() - this.#linkedAt >= steadyMs) {
      choice.stood();
    }
    if (choice.more) {
      return true;
    }
    choice.paused();
    return false;
  }
}
