import type { IClientOptions, IClientPublishOptions } from 'mqtt';
import type { Clock, Codec } from 'sensorsim-shared';
import type { Backoff } from './backoff.js';
import type { Candidate } from './gateways/candidate.js';
import type { Gateways } from './gateways/gateways.js';
import type { MqttConnection } from './mqtt-connection.js';
import type { FateListener } from './publisher.js';
import type { TransportSecurity } from './transport.js';

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
  /** It has closed in order to go to a better gateway. */
  left(connection: MqttConnection): void;
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
