import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Clock, SuiteError } from 'sensorsim-shared';
import type { Logger } from '../observe/log.js';
import type { RefusalHandler } from '../receive/receiver.js';
import type { ListenTls } from '../receive/tls-files.js';
import { certificateUser } from './certificate-user.js';
import type { ConnectRequest } from './check.js';
import { type GuardFiles, guardFiles } from './guard-files.js';
import { GuardedClient } from './guarded-client.js';
import { checks } from './index.js';
import { Login } from './login.js';
import type { GuardOptions } from './options.js';
import { makeFirstLogin } from './password/first-login.js';
import { PasswordCheck } from './password/password-check.js';
import { PasswordFile } from './password/password-file.js';
import { ask, type Places, placesOf, tell } from './places.js';
import { connackCode, type Refusal } from './refusal.js';
import { topicShapeOf } from './topic-shape.js';
import { longestWaitMs, WakeWheel } from './wake-wheel.js';
import { WatchedFiles } from './watched-files.js';

export interface GuardDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly onRefused: RefusalHandler;
}

type TlsFileOptions = {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsCa?: string | undefined;
};

/**
 * Decides who may connect, publish and subscribe, and how much of it. Asked at few places of the receivers, in the order of
 * a connection: `admit`, `identify`, `connect`, then `publish`, `subscribe`, `deliver` and `mayRead`. Each refusal is
 * counted and logged here. Synchronous, but for a password that has to be checked.
 */
export class Guard {
  /** How often a client was left unread because it published too fast. */
  slowed = 0;
  readonly #options: GuardOptions;
  readonly #deps: GuardDeps;
  readonly #files: GuardFiles;
  readonly #watched: WatchedFiles;
  readonly #passwords: PasswordCheck | undefined;
  readonly #login: Login;
  readonly #wheel: WakeWheel;
  readonly #open = new Map<string, GuardedClient>();
  readonly #strangers = new Set<GuardedClient>();
  readonly #topicShape: ReturnType<typeof topicShapeOf>;
  readonly #places: Places;

  constructor(options: GuardOptions & TlsFileOptions, deps: GuardDeps) {
    this.#options = options;
    this.#deps = deps;
    const { clock, log } = deps;
    this.#passwords = options.passwords === undefined ? undefined : new PasswordCheck(PasswordFile.empty());
    this.#files = guardFiles(options, (file) => this.#passwords?.use(file));
    this.#watched = new WatchedFiles(this.#files.all, { clock, log });
    this.#login = new Login(options, this.#passwords);
    this.#wheel = new WakeWheel(clock);
    this.#topicShape = topicShapeOf(options);
    const context = {
      clock,
      acl: this.#files.acl,
      strangers: this.#strangers,
      end: (client: GuardedClient, refusal: Refusal) => this.#end(client, refusal),
    };
    this.#places = placesOf(checks.flatMap((make) => make(options, context) ?? []));
  }

  /** Certificate and key of the listeners, which may change while they run. */
  get tls(): ListenTls {
    return this.#files.tls;
  }

  get reloadFailures(): number {
    return this.#watched.failures;
  }

  /** Machine time, ms since the epoch; 0: there is no file. */
  get lastReloadAt(): number {
    return this.#watched.lastLoadedAt;
  }

  /** Whether `reload` has something to read. */
  get hasFiles(): boolean {
    return this.#watched.count > 0;
  }

  /** Reads the files. @throws {SuiteError} CONFIG_INVALID: every problem of every file; what `makeFirstLogin` throws */
  async start(): Promise<void> {
    const { passwords, firstLogin } = this.#options;
    if (passwords !== undefined && firstLogin !== 'off') {
      await makeFirstLogin({ passwords, told: firstLogin }, this.#deps.log);
    }
    await this.#watched.start();
  }

  /** Reads the files again; what became malformed stays as it was. Connections stay. */
  reload(): void {
    this.#watched.reload();
  }

  /** Ends its timers, and what connections are left. Idempotent. */
  stop(): void {
    this.#watched.stop();
    this.#wheel.stop();
    tell(this.#places.stop, (stop) => stop());
    // Those that are no MQTT connection yet; the others are closed by now.
    for (const client of this.#open.values()) {
      client.destroy();
    }
  }

  /** For `/status`. */
  snapshot(): Readonly<Record<string, unknown>> {
    return {
      connections: this.#open.size,
      notLoggedIn: this.#strangers.size,
      slowed: this.slowed,
      ...(this.#passwords && { logins: this.#passwords.counts }),
      files: this.#watched.snapshot(),
      ...Object.assign({}, ...(this.#places.snapshot ?? []).map((snapshot) => snapshot())),
    };
  }

  /** A connection was accepted; undefined: it is refused, and ended. It must be the socket of the network itself. */
  admit(socket: Socket, isForm = false): GuardedClient | undefined {
    const key = keyOf(socket);
    if (key === undefined) {
      socket.destroy();
      return undefined;
    }
    const client = new GuardedClient({
      address: socket.remoteAddress as string,
      acceptedAt: this.#deps.clock.now(),
      isForm,
      destroy: () => socket.destroy(),
      bytesRead: () => socket.bytesRead,
    });
    const refusal = ask(this.#places.admit, (check) => check(client));
    if (refusal !== undefined) {
      this.#end(client, refusal);
      return undefined;
    }
    this.#open.set(key, client);
    this.#strangers.add(client);
    tell(this.#places.admitted, (hear) => hear(client));
    socket.once('close', () => {
      client.closed = true;
      this.#open.delete(key);
      this.#strangers.delete(client);
      tell(this.#places.closed, (hear) => hear(client));
    });
    return client;
  }

  /** The client of a connection, with what a certificate says of it, once handshakes are over; undefined: it is gone. */
  identify(socket: Socket): GuardedClient | undefined {
    const key = keyOf(socket);
    const client = key === undefined ? undefined : this.#open.get(key);
    if (client !== undefined && socket instanceof TLSSocket && socket.authorized) {
      client.certificate = { user: certificateUser(socket.getPeerCertificate(), this.#options.tlsUser) };
    }
    return client;
  }

  /** CONNECT, or a request of the form. Calls back once, with what is refused; not at all where the client has gone. */
  connect(client: GuardedClient, request: ConnectRequest, done: (refusal?: Refusal) => void): void {
    client.clientId = request.clientId;
    this.#login.identify(client, request, (refused) => {
      if (client.closed) {
        return;
      }
      const refusal =
        refused ??
        ask(this.#places.enter, (check) => check(client, request)) ??
        (request.will && this.mayPublish(client, request.will.topic));
      if (refusal !== undefined) {
        this.report(client, refusal);
      } else {
        client.entered = true;
        this.#strangers.delete(client);
        tell(this.#places.entered, (hear) => hear(client));
      }
      done(refusal);
    });
  }

  /** Whether a client may publish to a topic at all. Counts nothing. */
  mayPublish(client: GuardedClient, topic: string): Refusal | undefined {
    const asked = this.#places.topic;
    if (asked !== undefined) {
      for (let i = 0; i < asked.length; i++) {
        const refusal = asked[i]?.(client, topic);
        if (refusal !== undefined) {
          return refusal;
        }
      }
    }
    return undefined;
  }

  /** A message came. Called once a message: allocates nothing where nothing is refused. */
  publish(client: GuardedClient, topic: string, payloadBytes: number): Refusal | undefined {
    const aclVersion = this.#files.acl?.version ?? 0;
    // Most devices publish to one topic.
    const isKnown = topic === client.passedTopic && aclVersion === client.passedVersion;
    let refusal = isKnown ? undefined : this.mayPublish(client, topic);
    const asked = this.#places.message;
    if (asked !== undefined) {
      // Also of what is refused already: it counts against the rate.
      for (let i = 0; i < asked.length; i++) {
        refusal = asked[i]?.(client, topic, payloadBytes) ?? refusal;
      }
    }
    if (refusal !== undefined) {
      this.report(client, refusal);
    } else if (!isKnown) {
      client.passedTopic = topic;
      client.passedVersion = aclVersion;
    }
    return refusal;
  }

  /** A message of the broker that the gateway subscribes to: who published it, the broker does not tell. */
  fromBroker(topic: string): Refusal | undefined {
    const refusal = this.#topicShape?.(topic);
    if (refusal !== undefined) {
      this.#deps.onRefused(refusal.reason, refusal.detail);
    }
    return refusal;
  }

  subscribe(client: GuardedClient, filter: string): Refusal | undefined {
    const refusal = ask(this.#places.subscribe, (check) => check(client, filter));
    if (refusal !== undefined) {
      this.report(client, refusal);
    } else {
      tell(this.#places.subscribed, (hear) => hear(client, filter));
    }
    return refusal;
  }

  unsubscribed(client: GuardedClient, filter: string): void {
    tell(this.#places.unsubscribed, (hear) => hear(client, filter));
  }

  /** Whether a message may be relayed to a subscriber. What may not is not counted: the subscription was wider than the right. */
  deliver(client: GuardedClient, topic: string): boolean {
    const asked = this.#places.deliver;
    if (asked !== undefined) {
      for (let i = 0; i < asked.length; i++) {
        if (asked[i]?.(client, topic) === false) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether to read a client now; `resume` is called once it may be, after a no. */
  mayRead(client: GuardedClient, resume: () => void): boolean {
    const { buckets } = client;
    if (buckets === undefined || !buckets.owe) {
      return true;
    }
    const debtMs = buckets.debtMs(this.#deps.clock.now());
    if (debtMs === 0) {
      return true;
    }
    if (!client.isSlowed) {
      client.isSlowed = true;
      this.slowed++;
      this.#wheel.add(Math.min(debtMs, longestWaitMs), () => {
        client.isSlowed = false;
        resume();
      });
    }
    return false;
  }

  /** Counts and logs a refusal, a receiver's own too. What follows from an end that was reported is not reported. */
  report(client: GuardedClient, refusal: Refusal): void {
    if (client.ended) {
      return;
    }
    const { address, clientId, user } = client;
    this.#deps.onRefused(refusal.reason, refusal.detail, { address, clientId, user });
    tell(this.#places.refused, (hear) => hear(client, refusal));
  }

  #end(client: GuardedClient, refusal: Refusal): void {
    // Not only at `close`, which comes later: the place is free now.
    this.#strangers.delete(client);
    this.report(client, refusal);
    client.ended = true;
    client.destroy();
  }
}

/** The error that aedes is given for a refusal at CONNECT: it answers with the code. */
export function connectError(refusal: Refusal): Error & { readonly returnCode: number } {
  const error = new SuiteError(refusal.code, refusal.detail);
  return Object.assign(error, { returnCode: refusal.connack ?? connackCode.notAuthorized });
}

/** The same for a TLS socket and the one below it; undefined once the peer is gone. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string | undefined {
  return remoteAddress === undefined
    ? undefined
    : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
