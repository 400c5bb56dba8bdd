import {
  type Clock,
  type Codec,
  type ConnectionEvent,
  formatDuration,
  randomStream,
  SuiteError,
  type WaitHandle,
} from 'sensorsim-shared';
import type { SensorOptions } from '../options.js';
import type { DeviceSpec } from '../schedule/fleet.js';
import { Backoff } from './backoff.js';
import { type BrokerAddress, credentialsOf } from './broker-address.js';
import type { ConnectionEnd, ConnectionEvents, ConnectionSettings } from './connection-contract.js';
import { ConnectionTalk } from './connection-talk.js';
import { urlsOf } from './destination.js';
import { answering } from './gateways/answering.js';
import type { Candidate } from './gateways/candidate.js';
import { Gateways } from './gateways/gateways.js';
import { clientOptions, publishOptions } from './mqtt-client-options.js';
import { MqttConnection } from './mqtt-connection.js';
import { protocolLevel, type TlsFiles, topicOf } from './mqtt-settings.js';
import { offlineQueueLength } from './offline-policy.js';
import { Pacer } from './pacer.js';
import type { ConnectionCounts, DueReading, FateListener, Publisher } from './publisher.js';
import type { TransportSecurity } from './transport.js';

export interface MqttPublisherOptions {
  readonly options: SensorOptions;
  /** One or more. */
  readonly addresses: readonly BrokerAddress[];
  /** Whatever `allowRemote` says, only hosts on this machine or a private network are connected to; default false. */
  readonly nearOnly?: boolean | undefined;
  readonly tls: TlsFiles;
  readonly codec: Codec;
  readonly devices: readonly DeviceSpec[];
  /** Client id of each connection that the devices name, by its number. */
  readonly clientIds: ReadonlyMap<number, string>;
  /** Connections of the whole process, whichever thread they live in. */
  readonly connectionCount: number;
  /** Machine time. */
  readonly machine: Clock;
  readonly fates: FateListener;
  readonly counts: ConnectionCounts;
  /** A line for people. */
  readonly log: (line: string) => void;
  readonly onConnection?: ((event: ConnectionEvent) => void) | undefined;
  /** The run cannot go on. */
  readonly onFatal: (error: SuiteError) => void;
}

/** CONNACK codes of MQTT 3.1.1 §3.2.2.3 and 5 §3.2.2.2 that no retry mends, and what to do about them. */
const fatalCodes: Readonly<Record<number, string>> = {
  1: 'it does not speak this version of MQTT',
  2: 'it does not take the client id; see --client-id',
  4: 'user name or password are wrong; see --username and --password',
  5: 'it does not let these credentials in; see --username and --password',
  132: 'it does not speak this version of MQTT',
  133: 'it does not take the client id; see --client-id',
  134: 'user name or password are wrong; see --username and --password',
  135: 'it does not let these credentials in; see --username and --password',
  138: 'it has banned this client',
  140: 'it wants another way of authentication',
};

/** Publishes over MQTT 3.1.1 or 5: one connection a device, or a few that the devices share. */
export class MqttPublisher implements Publisher {
  readonly #setup: MqttPublisherOptions;
  readonly #connections: MqttConnection[] = [];
  /** By place of the device among the devices of this thread. */
  readonly #byDevice: MqttConnection[];
  readonly #credentials: Pick<BrokerAddress, 'username' | 'password'>;
  /** All gateways, for people. */
  readonly #target: string;
  readonly #load = { inFlight: 0, waiting: 0 };
  readonly #talk: ConnectionTalk;
  readonly #pacer: Pacer;
  readonly #gateways: Gateways;
  readonly #security: TransportSecurity;
  #rebalance: WaitHandle | undefined;
  readonly #tried = new Set<MqttConnection>();
  /** What no retry mends; but of several gateways another may take the connection. */
  #refusal: SuiteError | undefined;
  #linked = 0;
  #giveUp: WaitHandle | undefined;
  #onTried: (() => void) | undefined;
  #onRoom: (() => void) | undefined;
  #onSettled: (() => void) | undefined;
  #stopping: Promise<void> | undefined;

  constructor(setup: MqttPublisherOptions) {
    this.#setup = setup;
    this.#pacer = new Pacer(setup.machine, setup.options.connectRate);
    this.#security = { tls: setup.tls, insecure: setup.options.insecure };
    this.#gateways = new Gateways({
      addresses: setup.addresses,
      allowRemote: setup.options.allowRemote && setup.nearOnly !== true,
      machine: setup.machine,
    });
    this.#credentials = credentialsOf(setup.addresses);
    this.#target = urlsOf(setup.addresses);
    const { devices, clientIds } = setup;
    const settings = this.#settings();
    const byNumber = new Map<number, MqttConnection>();
    this.#byDevice = devices.map((device) => {
      let connection = byNumber.get(device.connection);
      if (connection === undefined) {
        const clientId = clientIds.get(device.connection) as string;
        connection = this.#connection(settings, clientId, device);
        byNumber.set(device.connection, connection);
        this.#connections.push(connection);
      }
      return connection;
    });
    this.#talk = new ConnectionTalk({
      target: this.#target,
      connectionCount: this.#connections.length,
      machine: setup.machine,
      log: setup.log,
    });
  }

  get inFlight(): number {
    return this.#load.inFlight;
  }

  get waiting(): number {
    return this.#load.waiting;
  }

  connectionOf(device: number): string {
    return (this.#byDevice[device] as MqttConnection).clientId;
  }

  start(): Promise<void> {
    this.#watch();
    this.#rebalanceLater();
    for (const connection of this.#connections) {
      this.#pacer.add(() => connection.open());
    }
    return new Promise((resolve) => {
      this.#onTried = resolve;
      if (this.#connections.length === 0) {
        resolve();
      }
    });
  }

  hasRoom(device: number): boolean {
    const connection = this.#byDevice[device] as MqttConnection;
    if (connection.hasRoom) {
      return true;
    }
    connection.awaitRoom();
    return false;
  }

  whenRoom(callback: () => void): void {
    this.#onRoom = callback;
  }

  publish(reading: DueReading): void {
    (this.#byDevice[reading.device] as MqttConnection).publish(reading);
  }

  drop(device: number, forMs: number): void {
    (this.#byDevice[device] as MqttConnection).drop(forMs);
  }

  flush(): void {}

  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSettled = resolve;
      this.#moved();
    });
  }

  stop(timeoutMs: number): Promise<void> {
    this.#stopping ??= this.#stop(timeoutMs);
    return this.#stopping;
  }

  async #stop(timeoutMs: number): Promise<void> {
    const { machine, onConnection } = this.#setup;
    this.#giveUp?.cancel();
    this.#rebalance?.cancel();
    for (const connection of this.#connections) {
      connection.hurry();
    }
    let timeout: WaitHandle | undefined;
    await Promise.race([
      this.settled(),
      new Promise<void>((resolve) => {
        timeout = machine.wake(machine.now() + timeoutMs, resolve);
      }),
    ]);
    timeout?.cancel();
    this.#pacer.stop();
    for (const connection of this.#connections) {
      connection.abandon();
    }
    await Promise.all(
      this.#connections.map(async (connection) => {
        const { linked } = connection;
        await connection.end();
        if (linked) {
          onConnection?.({ at: Math.round(machine.now()), connection: connection.clientId, event: 'closed' });
        }
      }),
    );
  }

  #settings(): ConnectionSettings {
    const { options, codec, devices, clientIds, connectionCount, machine, fates } = this.#setup;
    const user = options.username ?? this.#credentials.username ?? '';
    return {
      gateways: this.#gateways,
      security: this.#security,
      qos: options.qos as 0 | 1 | 2,
      codec,
      publish: publishOptions(options, codec),
      inflight: options.inflight,
      waiting: options.waiting ?? Math.min(1_000, Math.max(10, Math.floor(200_000 / connectionCount))),
      offlineQueue: offlineQueueLength(options.offline),
      topics: devices.map((device) =>
        topicOf(options.topic, device, clientIds.get(device.connection) as string, user),
      ),
      machine,
      fates,
      load: this.#load,
    };
  }

  /** @param device the first that uses the connection */
  #connection(settings: ConnectionSettings, clientId: string, device: DeviceSpec): MqttConnection {
    const { options } = this.#setup;
    const { client, statusTopic } = clientOptions({
      options,
      credentials: this.#credentials,
      clientId,
      device,
    });
    const backoff = new Backoff(randomStream(options.seed, clientId, 'backoff'));
    return new MqttConnection(settings, { clientId, client, statusTopic, backoff }, this.#events());
  }

  #events(): ConnectionEvents {
    return {
      opened: (connection, again) => this.#opened(connection, again),
      failed: (connection, end) => this.#failed(connection, end),
      lost: (connection, end) => this.#lost(connection, end),
      left: (connection) => this.#left(connection),
      moved: () => this.#moved(),
      pace: (begin) => this.#pacer.add(begin),
    };
  }

  #opened(connection: MqttConnection, again: boolean): void {
    const { counts } = this.#setup;
    this.#linked++;
    this.#giveUp?.cancel();
    this.#giveUp = undefined;
    if (again) {
      counts.reconnected++;
    } else {
      counts.opened++;
    }
    this.#record(connection, again ? 'reconnected' : 'connected');
    const isLast = this.#linked === this.#connections.length;
    this.#talk.opened(connection.gateway?.url ?? '', { again, isLast });
    this.#isTried(connection);
  }

  #failed(connection: MqttConnection, end: ConnectionEnd): void {
    const { options, counts, onFatal } = this.#setup;
    const { reason, code, gateway, moves } = end;
    counts.failed++;
    this.#record(connection, code === undefined ? 'failed' : 'refused', end);
    const fatal = code === undefined ? undefined : fatalCodes[code];
    if (fatal !== undefined) {
      const version = fatal.endsWith('MQTT');
      const other = protocolLevel(options.mqttVersion) === 5 ? '3.1.1' : '5';
      this.#refusal = new SuiteError(
        'SENSOR_REFUSED',
        `${gateway?.url} refuses the connection (code ${code}): ${fatal}${version ? `; use -V ${other}` : ''}`,
      );
    }
    if (moves) {
      this.#talk.turnedAway(gateway?.url ?? '', reason);
      return;
    }
    if (counts.opened === 0 && this.#refusal !== undefined) {
      onFatal(this.#refusal);
    } else if (counts.opened === 0) {
      this.#talk.unreachable(reason);
    }
    this.#isTried(connection);
  }

  #lost(connection: MqttConnection, end: ConnectionEnd): void {
    this.#linked--;
    this.#setup.counts.lost++;
    this.#record(connection, 'lost', end);
    this.#talk.lost(connection.clientId, end);
    this.#watch();
  }

  #left(connection: MqttConnection): void {
    this.#linked--;
    this.#record(connection, 'closed');
    this.#watch();
  }

  /** Lets connections that are not at their best gateway go there, from time to time. */
  #rebalanceLater(): void {
    const { options, machine } = this.#setup;
    if (options.rebalance !== undefined) {
      this.#rebalance = machine.wake(machine.now() + options.rebalance, () => {
        this.#gateways.use(({ candidates }) => {
          if (candidates.length > 1 && this.#connections.some((one) => one.prefersOther(candidates))) {
            void answering(candidates, { machine, security: this.#security }).then((there) =>
              this.#moveAll(there),
            );
          }
        });
        this.#rebalanceLater();
      });
    }
  }

  #moveAll(there: readonly Candidate[]): void {
    for (const connection of this.#connections) {
      if (this.#stopping === undefined && connection.prefersOther(there)) {
        this.#pacer.add(() => connection.rebalance(there));
      }
    }
  }

  /** Starts the wait after which the run is given up, when no connection stands. */
  #watch(): void {
    const { options, machine, onFatal } = this.#setup;
    if (options.giveUp !== undefined && this.#linked === 0 && this.#giveUp === undefined) {
      this.#giveUp = machine.wake(machine.now() + options.giveUp, () =>
        onFatal(
          new SuiteError(
            'SENSOR_GAVE_UP',
            `no connection to ${this.#target} for ${formatDuration(options.giveUp ?? 0)}`,
          ),
        ),
      );
    }
  }

  #isTried(connection: MqttConnection): void {
    this.#tried.add(connection);
    if (this.#tried.size === this.#connections.length) {
      this.#onTried?.();
      this.#onTried = undefined;
    }
  }

  #moved(): void {
    const room = this.#onRoom;
    if (room !== undefined) {
      this.#onRoom = undefined;
      // Not from here: a confirmation would be handled inside another.
      setImmediate(room);
    }
    if (this.#onSettled !== undefined && this.#load.inFlight === 0 && this.#load.waiting === 0) {
      this.#onSettled();
      this.#onSettled = undefined;
    }
  }

  #record(connection: MqttConnection, event: ConnectionEvent['event'], end?: ConnectionEnd): void {
    const { onConnection, machine } = this.#setup;
    const gateway = connection.hasChoice ? (end ?? connection).gateway : undefined;
    onConnection?.({
      at: Math.round(machine.now()),
      connection: connection.clientId,
      event,
      ...(end?.code !== undefined && { code: end.code }),
      ...(end !== undefined && { reason: end.reason }),
      ...(gateway !== undefined && { gateway: gateway.key }),
    });
  }
}
