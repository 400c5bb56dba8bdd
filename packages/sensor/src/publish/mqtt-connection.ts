import type { Duplex } from 'node:stream';
import { MqttClient, type Packet } from 'mqtt';
import { generate } from 'mqtt-packet';
import type { WaitHandle } from 'sensorsim-shared';
import { connectFailure } from './connect-failure.js';
import type { ConnectionEvents, ConnectionIdentity, ConnectionSettings } from './connection-contract.js';
import type { Candidate } from './gateways/candidate.js';
import { GatewayChoice } from './gateways/gateway-choice.js';
import type { DueReading } from './publisher.js';
import { ReadingQueue } from './reading-queue.js';
import { RedeliveryStore } from './redelivery-store.js';
import { openTransport } from './transport.js';
import { UnderWay } from './under-way.js';

/** Bytes that may wait in the socket: at QoS 0 no confirmation says how fast the broker takes them. */
const socketBytes = 256 * 1024;
/** MQTT.js would reconnect by itself after this; we do it sooner, with backoff. */
const neverMs = 2 ** 31 - 1;
const connectTimeoutMs = 10_000;
/** How long a gateway's machine may be silent while there is another gateway: a second and a third SYN fit in. */
const reachTimeoutMs = 3_500;
/** A connection that ends sooner is no sign that its gateway was well. */
const steadyMs = 1_000;
/** How long confirmations may take before a connection that would go to a better gateway stays. */
const settleTimeoutMs = 2_000;
/** How long a goodbye may take. */
const endTimeoutMs = 2_000;

/** Keeps one MQTT connection up and sends readings over it, in order, a bounded number of them unconfirmed. */
export class MqttConnection {
  readonly clientId: string;
  readonly #settings: ConnectionSettings;
  readonly #identity: ConnectionIdentity;
  readonly #events: ConnectionEvents;
  readonly #queue = new ReadingQueue();
  readonly #underWay = new UnderWay();
  readonly #choice: GatewayChoice;
  #client: MqttClient | undefined;
  /** The broker has accepted us. */
  #linked = false;
  /** And what was unconfirmed on the last connection has been sent again. */
  #ready = false;
  #linkedBefore = false;
  #linkedAt = 0;
  #dropped = false;
  /** `settling`: sends nothing until all is confirmed; `moving`: has left, and is not yet elsewhere. Readings wait in both. */
  #move: 'settling' | 'moving' | undefined;
  #moveTo: readonly Candidate[] = [];
  #moveTimeout: WaitHandle | undefined;
  #ending = false;
  #awaitsDrain = false;
  #reason: string | undefined;
  #code: number | undefined;
  /** The wait before the next attempt; undefined: there is a connection, or an attempt. */
  #retry: WaitHandle | undefined;
  /** When it ends, machine time. */
  #retryDue = 0;
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
    return this.#ready && this.#move === undefined && this.#queue.length === 0 && this.#canSend();
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
      messageIdProvider: this.#underWay,
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
    if (this.#linked || this.#move !== undefined) {
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

  /** Whether it would go to another gateway now. */
  prefersOther(candidates: readonly Candidate[]): boolean {
    return this.#ready && this.#move === undefined && this.#choice.prefersOther(candidates);
  }

  /**
   * Goes to the best of these gateways, which answer, where that is not the one that it has: once nothing is unconfirmed, so that nothing is
   * sent twice or behind newer ones. Where confirmations do not come, it stays.
   */
  rebalance(candidates: readonly Candidate[]): void {
    const { machine } = this.#settings;
    if (!this.prefersOther(candidates)) {
      return;
    }
    this.#move = 'settling';
    this.#moveTo = candidates;
    this.#moveTimeout = machine.wake(machine.now() + settleTimeoutMs, () => {
      if (this.#move === 'moving') {
        // It has had its DISCONNECT, and does not close.
        this.#client?.stream.destroy();
      } else {
        this.#move = undefined;
        this.#pump();
      }
    });
    this.#leaveWhenSettled();
  }

  #leaveWhenSettled(): void {
    if (this.#move === 'settling' && this.#ready && this.#underWay.size === 0) {
      const client = this.#client as MqttClient;
      this.#move = 'moving';
      this.#ready = false;
      if (this.#identity.statusTopic !== undefined) {
        client.publish(this.#identity.statusTopic, 'offline', { qos: 0, retain: true });
      }
      // Not `client.end()`: after it nothing that is published is kept.
      client.stream.end(generate({ cmd: 'disconnect' }, { protocolVersion: client.options.protocolVersion }));
    }
  }

  /** The run is about to end: where readings wait for a connection, its attempts are a second apart at most from now on. */
  hurry(): void {
    const { backoff } = this.#identity;
    backoff.hurry();
    const soon = this.#settings.machine.now() + backoff.nextMs();
    if (this.#retry !== undefined && !this.settled && soon < this.#retryDue) {
      this.#retry.cancel();
      this.#retryAt(soon);
    }
  }

  #retryAt(at: number): void {
    this.#retryDue = at;
    this.#retry = this.#settings.machine.wake(Math.max(this.#notBefore, at), () => {
      this.#retry = undefined;
      this.#events.pace(() => this.open());
    });
  }

  /** Gives up what waits and what is unconfirmed. */
  abandon(): void {
    while (this.#queue.length > 0) {
      this.#skipOldest('stopped');
    }
    const given = this.#underWay.takeAll();
    this.#settings.load.inFlight -= given.length;
    for (const [id] of given) {
      // Else the library waits for it before it says goodbye.
      this.#client?.removeOutgoingMessage(id);
    }
    for (const [, reading] of given) {
      this.#settings.fates.failed(reading, 'unconfirmed');
    }
  }

  /** Says goodbye and closes. */
  end(): Promise<void> {
    const { machine } = this.#settings;
    const { statusTopic } = this.#identity;
    this.#ending = true;
    this.#retry?.cancel();
    this.#moveTimeout?.cancel();
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
    this.#underWay.next = reading;
    load.inFlight++;
    client.publish(topic, payload, publish, this.#onConfirmed);
    this.#underWay.next = undefined;
    fates.handedOver(reading, false);
  }

  readonly #onConfirmed = (error: Error | undefined | null, packet?: Packet): void => {
    const id = packet?.messageId as number;
    const reading = this.#underWay.take(id);
    if (reading === undefined) {
      return;
    }
    this.#settings.load.inFlight--;
    if (error) {
      this.#settings.fates.failed(reading, 'refused');
    } else {
      this.#settings.fates.acknowledged(reading);
    }
    this.#pump();
    this.#leaveWhenSettled();
    this.#events.moved();
  };

  /** Sends what waits, as far as there is room; goes on when the socket has drained. */
  #pump(): void {
    const { load } = this.#settings;
    while (this.#ready && this.#move === undefined && this.#queue.length > 0 && this.#canSend()) {
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
      this.#move = undefined;
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
    this.#moveTimeout?.cancel();
    if (wasLinked && this.#move === 'moving') {
      this.#choice.goFor(this.#moveTo);
      this.#retryAt(machine.now());
      this.#events.left(this);
      return;
    }
    this.#move = undefined;
    const gateway = this.#choice.current;
    const moves = this.#chooseOther(wasLinked);
    this.#retryAt(moves ? machine.now() : machine.now() + this.#identity.backoff.nextMs());
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
