import { createRequire } from 'node:module';

/**
 * The parts of kafkajs 2.2.4 below its public client: connections (TLS, SASL, request queue, timeouts) and the protocol's
 * requests. They have no types of their own and no promise of staying as they are, so the version is pinned exactly and
 * all that is used of them stands here. Why: docs/decisions/0001-kafka-client.md.
 */

/** A request and how its response is read. */
export interface ProtocolRequest<T> {
  /** Opaque: made by `lookupRequest`. */
  readonly request: object;
  readonly response: {
    decode(payload: Buffer): Promise<unknown>;
    parse(decoded: never): Promise<T>;
  };
  /** Time for the response, ms; the connection's where that is longer. */
  readonly requestTimeout?: number;
}

export interface Connection {
  readonly socket?: { write(bytes: Uint8Array): boolean; destroy(): void };
  readonly requestQueue: RequestQueue;
  isConnected(): boolean;
  /** Logs in where that is needed: at first, and when the session is about to end. */
  authenticate(): Promise<void>;
  nextCorrelationId(): number;
  rejectRequests(error: Error): void;
}

/** Matches responses to requests, and keeps their time limits. */
export interface RequestQueue {
  push(request: {
    readonly entry: {
      readonly apiKey: number;
      readonly apiName: string;
      readonly apiVersion: number;
      readonly correlationId: number;
      resolve(answer: { readonly payload: Buffer }): void;
      reject(error: Error): void;
    };
    readonly expectResponse: true;
    readonly requestTimeout: number;
    /** Called at once, or later where the broker has asked to wait. */
    sendRequest(): void;
  }): void;
  /** The broker asks to wait before the next request (KIP-219). */
  maybeThrottle(ms: number): void;
}

export interface ConnectionPool {
  readonly pool: readonly Connection[];
  /** The connection for all but Fetch requests, opened where it is not. */
  getConnection(): Promise<Connection>;
  send<T>(request: ProtocolRequest<T>): Promise<T>;
}

/** A node of the cluster. Connects by itself when something is sent. */
export interface Broker {
  readonly nodeId: number | null;
  readonly connectionPool: ConnectionPool;
  /** Lowest and highest version of each request that both sides know. Null until connected. */
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null;
  isConnected(): boolean;
  /** Opens the connection, agrees on versions, logs in. */
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** The newest version of a request that both sides know. */
  lookupRequest(
    apiKey: number,
    definitions: object,
  ): (body: Readonly<Record<string, unknown>>) => ProtocolRequest<unknown>;
  initProducerId(options: { readonly transactionalId: null; readonly transactionTimeout: number }): Promise<{
    readonly producerId: string;
    readonly producerEpoch: number;
  }>;
  listOffsets(options: {
    readonly replicaId: -1;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
}

/** An answer to a Metadata request, with the errors of single topics left in it. */
export interface MetadataResponse {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly controllerId: number;
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly isInternal?: boolean;
    readonly partitionMetadata: readonly {
      readonly partitionErrorCode: number;
      readonly partitionId: number;
      /** -1: none at present. */
      readonly leader: number;
    }[];
  }[];
}

export interface SaslSettings {
  readonly mechanism: string;
  readonly username: string;
  readonly password: string;
}

interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly logger: KafkajsLogger;
  readonly socketFactory: (options: SocketFactoryOptions) => import('node:net').Socket;
  readonly ssl: object | null;
  readonly sasl: SaslSettings | null;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
}

export interface SocketFactoryOptions {
  readonly host: string;
  readonly port: number;
  readonly ssl: object | null;
  readonly onConnect: () => void;
}

/** Opaque: made by `createLogger`, handed to brokers and connections. */
export interface KafkajsLogger {
  namespace(name: string): KafkajsLogger;
}

interface KafkajsLogEntry {
  readonly namespace: string;
  readonly log: { readonly message: string; readonly [key: string]: unknown };
}

/** What went wrong, in kafkajs's terms: the protocol's code and its name, or the socket's. */
export interface KafkajsError extends Error {
  /** Name of a protocol error, as `TOPIC_AUTHORIZATION_FAILED`. */
  readonly type?: string;
  readonly code?: number | string;
  readonly retriable?: boolean;
}

/** A record as kafkajs hands it out. */
export interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[] | undefined>>;
}

const require = createRequire(import.meta.url);

/** Keys of the requests that are looked up by hand. */
export const apiKeys: Readonly<Record<'Produce' | 'Fetch' | 'Metadata' | 'CreateTopics', number>> =
  require('kafkajs/src/protocol/requests/apiKeys');

export const {
  requests,
}: { readonly requests: Readonly<Record<'Fetch' | 'Metadata' | 'CreateTopics', object>> } =
  require('kafkajs/src/protocol/requests');

export const KafkajsConnectionPool: new (options: ConnectionOptions) => ConnectionPool =
  require('kafkajs/src/network/connectionPool');

export const KafkajsBroker: new (options: {
  readonly connectionPool: ConnectionPool;
  readonly logger: KafkajsLogger;
  readonly nodeId?: number;
  readonly allowAutoTopicCreation: boolean;
}) => Broker = require('kafkajs/src/broker');

export const {
  createLogger,
  LEVELS,
}: {
  readonly createLogger: (options: {
    readonly level: number;
    readonly logCreator: () => (entry: KafkajsLogEntry) => void;
  }) => KafkajsLogger;
  readonly LEVELS: { readonly NOTHING: number; readonly DEBUG: number; readonly ERROR: number };
} = require('kafkajs/src/loggers');

/** The error of a code of the protocol: its name in `type`, its meaning in `message`. */
export const { createErrorFromCode }: { readonly createErrorFromCode: (code: number) => KafkajsError } =
  require('kafkajs/src/protocol/error');

/** Takes what is not to be seen out of a partition's part of a Fetch answer: control records, aborted transactions. */
export const KafkajsBatch: new (
  topic: string,
  fetchOffset: string,
  partition: unknown,
) => {
  readonly messages: readonly FetchedMessage[];
  /** Offset of the last record, seen or not. */
  lastOffset(): string;
} = require('kafkajs/src/consumer/batch');
