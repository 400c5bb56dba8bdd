import { generate, type Packet } from 'mqtt-packet';
import {
  clientIdsOf,
  clientOptions,
  type DueReading,
  type Publisher,
  type PublisherSetup,
  topicOf,
} from 'sensorsim';
import { randomStream } from 'sensorsim-shared';
import { DeviceLink } from './device-link.js';
import { FleetMessage, type Lane } from './fleet-message.js';
import type { GatewayConnection } from './gateway-connection.js';
import { PayloadLength } from './payload-length.js';
import type { MessageTruth } from './run-tables.js';
import type { SimulatedGateway, TrafficTap } from './simulated-gateway.js';
import { Uids } from './uids.js';

export interface FleetPublisherOptions {
  readonly setup: PublisherSetup;
  readonly gateway: SimulatedGateway;
  /** Device time of the first reading. */
  readonly startAt: number;
  /** Hosts of the groups before this one. */
  readonly firstHost: number;
}

/** Devices log in during this before the start, ms. */
export const loginMs = 5_000;
/** Some of it is left for the login itself. */
const loginShare = 0.7;

type LaneClient = ReturnType<typeof clientOptions>['client'] & { readonly statusTopic: string | undefined };

/** Takes the readings of a fleet to a simulated gateway, as MQTT connections would. */
export class FleetPublisher implements Publisher {
  readonly inFlight = 0;
  readonly waiting = 0;
  readonly gateway: SimulatedGateway;
  readonly setup: PublisherSetup;
  /** By place of the device. */
  readonly #lanes: Lane[] = [];
  readonly #distinct: Lane[] = [];
  readonly #topics: string[];
  readonly #queueLength: number;
  readonly #startAt: number;
  /** Undefined: every payload has to be written to know how long it is. */
  readonly #length: PayloadLength | undefined;

  constructor({ setup, gateway, startAt, firstHost }: FleetPublisherOptions) {
    const { options, devices } = setup;
    this.setup = setup;
    this.gateway = gateway;
    this.#startAt = startAt;
    this.#length = setup.codec.name === 'json' ? new PayloadLength(setup.codec, devices.length) : undefined;
    this.#queueLength = options.offline === 'skip' ? 0 : Number(options.offline.slice('queue:'.length));
    const clientIds = clientIdsOf(options, devices);
    const byNumber = new Map<number, Lane>();
    for (const device of devices) {
      let lane = byNumber.get(device.connection);
      if (lane === undefined) {
        const clientId = clientIds.get(device.connection) as string;
        const { client, statusTopic } = clientOptions({ options, credentials: {}, clientId, device });
        lane = this.#lane(clientId, { ...client, statusTopic }, firstHost + device.index);
        byNumber.set(device.connection, lane);
        this.#distinct.push(lane);
      }
      this.#lanes.push(lane);
    }
    this.#topics = devices.map((device) =>
      topicOf(options.topic, device, clientIds.get(device.connection) as string, options.username ?? ''),
    );
  }

  connectionOf(device: number): string {
    return (this.#lanes[device] as Lane).link.options.clientId;
  }

  async start(): Promise<void> {
    for (const { link } of this.#distinct) {
      const { seed, clientId } = link.options;
      const share = randomStream(seed, clientId, 'login').uniform() * loginShare;
      link.start(this.#startAt - loginMs * (1 - share));
    }
  }

  hasRoom(): boolean {
    return true;
  }

  whenRoom(callback: () => void): void {
    setImmediate(callback);
  }

  publish(reading: DueReading): void {
    const { gateway, setup } = this;
    const { disturbance, device } = reading;
    gateway.advance(reading.due);
    const lane = this.#lanes[device] as Lane;
    let payload = disturbance?.payload;
    let payloadBytes: number;
    if (payload !== undefined) {
      payloadBytes = payload.length;
    } else if (disturbance === undefined && gateway.options.tap === undefined && this.#length !== undefined) {
      payloadBytes = this.#length.of(reading);
    } else {
      try {
        // What a pattern touched is decoded as the gateway would; what is as the codec wrote it decodes to what it was.
        const encoded = setup.codec.encode(reading);
        payload = typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
        payloadBytes = payload.length;
      } catch {
        gateway.options.tables.unsent(lane.unsent, truthOf(reading), 'unrepresentable');
        setup.fates.skipped(reading, 'unrepresentable');
        return;
      }
    }
    const topic = disturbance?.topic ?? (this.#topics[device] as string);
    this.#send(lane, new FleetMessage(this, lane, reading, topic, payload, payloadBytes));
  }

  drop(device: number, forMs: number): void {
    const lane = this.#lanes[device] as Lane;
    const now = this.gateway.options.clock.now();
    this.gateway.advance(now);
    lane.link.drop(forMs, now);
  }

  /** A pattern kept it back. */
  suppressed(reading: DueReading, reason: string): void {
    const { unsent } = this.#lanes[reading.device] as Lane;
    // What came before it stands before it, whether or not something else has let it arrive yet.
    this.gateway.advance(reading.due);
    this.gateway.options.tables.unsent(unsent, truthOf(reading), reason);
  }

  flush(): void {}

  async settled(): Promise<void> {}

  async stop(): Promise<void> {}

  /** The run is over: what waits for a connection will not be sent any more, and the devices say goodbye, each in its time. */
  end(at: number): void {
    for (const { link, waiting, unsent } of this.#distinct) {
      for (const message of waiting.splice(0)) {
        this.#lost(message, unsent, 'stopped');
      }
      this.gateway.at(link.path.arrivalOf(at), (now) => link.stop(now));
    }
  }

  arrived(message: FleetMessage, at: number): void {
    const { lane, connection } = message;
    if (message.isVoid) {
      return;
    }
    if (connection === undefined || connection.closed) {
      this.#lost(message, lane.unsent, 'connection-lost');
      return;
    }
    if (connection.unread !== undefined) {
      connection.unread.push(() => this.arrived(message, this.gateway.options.clock.now()));
      return;
    }
    const { tap } = this.gateway.options;
    const packetId = tap === undefined ? 0 : this.#tapPublish(tap, message, at);
    if (message.qos > 0) {
      lane.underWay.shift();
    }
    this.gateway.receive(connection, message, at);
    if (message.qos > 0) {
      this.setup.fates.acknowledged(message.source);
      tap?.toClient(connection.id, at, generate(confirmationOf(message.qos, packetId)));
    }
  }

  /** @returns the packet id; 0 at QoS 0 */
  #tapPublish(tap: TrafficTap, message: FleetMessage, at: number): number {
    const { topic, qos, retain, dup, payload, lane } = message;
    const messageId = qos === 0 ? 0 : lane.link.nextPacketId();
    const packet: Packet = {
      cmd: 'publish',
      topic,
      qos: qos as 0 | 1 | 2,
      retain,
      dup,
      payload: Buffer.from(payload as Uint8Array),
      ...(qos > 0 && { messageId }),
    };
    tap.toBroker((message.connection as GatewayConnection).id, at, generate(packet));
    return messageId;
  }

  #lane(clientId: string, client: LaneClient, host: number): Lane {
    const { options, counts } = this.setup;
    const { seed } = options;
    const { username, password, will, statusTopic } = client;
    const lane: Lane = {
      link: new DeviceLink({
        gateway: this.gateway,
        seed,
        host,
        clientId,
        username,
        password: password === undefined ? undefined : String(password),
        keepaliveSeconds: options.keepalive,
        will: will && {
          topic: will.topic,
          payload: Buffer.from(will.payload ?? ''),
          qos: will.qos ?? 0,
          retain: will.retain ?? false,
        },
        statusTopic,
        opened: (again) => {
          counts[again ? 'reconnected' : 'opened']++;
          this.#resume(lane);
        },
        failed: () => {
          counts.failed++;
        },
        lost: () => {
          counts.lost++;
          this.#interrupt(lane);
        },
      }),
      unsent: new Uids(`${seed} unsent ${clientId}`),
      underWay: [],
      waiting: [],
    };
    return lane;
  }

  #send(lane: Lane, message: FleetMessage): void {
    const { connection, path } = lane.link;
    const { fates } = this.setup;
    if (connection === undefined) {
      if (lane.waiting.length >= this.#queueLength + lane.underWay.length) {
        this.gateway.options.tables.unsent(lane.unsent, message.truth, 'offline');
        fates.skipped(message.source, 'offline');
      } else {
        lane.waiting.push(message);
      }
      return;
    }
    message.connection = connection;
    fates.handedOver(message.source, message.qos === 0);
    if (message.qos > 0) {
      lane.underWay.push(message);
    }
    this.gateway.send(path.arrivalOf(this.gateway.options.clock.now()), message);
  }

  /** The connection is lost: what was sent at QoS 1 or 2 will be sent again, and comes first. */
  #interrupt(lane: Lane): void {
    const again = lane.underWay.splice(0).map((message) => {
      message.isVoid = true;
      return message.again();
    });
    lane.waiting.unshift(...again);
  }

  #resume(lane: Lane): void {
    const { connection, path } = lane.link;
    const now = this.gateway.options.clock.now();
    for (const message of lane.waiting.splice(0)) {
      message.connection = connection;
      if (!message.dup) {
        this.setup.fates.handedOver(message.source, message.qos === 0);
      }
      if (message.qos > 0) {
        lane.underWay.push(message);
      }
      this.gateway.send(path.arrivalOf(now), message);
    }
  }

  #lost(message: FleetMessage, unsent: Uids, reason: 'connection-lost' | 'stopped'): void {
    const { fates } = this.setup;
    this.gateway.options.tables.unsent(unsent, message.truth, reason);
    if (message.qos > 0 && (message.dup || reason === 'connection-lost')) {
      fates.failed(message.source, 'unconfirmed');
    } else if (reason === 'stopped') {
      fates.skipped(message.source, 'stopped');
    }
  }
}

function confirmationOf(qos: number, messageId: number): Packet {
  return { cmd: qos === 1 ? 'puback' : 'pubrec', messageId };
}

function truthOf(reading: DueReading): MessageTruth {
  const { disturbance } = reading;
  return {
    deviceTrue: disturbance?.label.deviceTrue ?? reading.id,
    dueAt: reading.due,
    valueTrue: disturbance === undefined ? reading.value : disturbance.valueTrue,
    label: disturbance?.label,
  };
}
