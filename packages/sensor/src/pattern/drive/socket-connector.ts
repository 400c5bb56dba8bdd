import type { Clock } from 'sensorsim-shared';
import type { BrokerAddress } from '../../publish/broker-address.js';
import { Gateways } from '../../publish/gateways/gateways.js';
import { bestOf, keyHash } from '../../publish/gateways/rendezvous.js';
import type { TransportSecurity, TransportTarget } from '../../publish/transport.js';
import type { AttackConnection, AttackConnectionEvents, AttackConnector } from './attack-connection.js';
import type { AttackRecorder } from './attack-recorder.js';
import { SocketConnection } from './socket-connection.js';

export interface SocketConnectorOptions extends TransportSecurity {
  /** The broker of the run; or several gateways, of which a connection goes to the one that a device of its client id goes to. */
  readonly addresses: readonly BrokerAddress[];
  /** Machine time. */
  readonly machine: Clock;
}

/** How long a gateway that did not answer is passed over, as devices pass it over. */
const awayMs = 5_000;

/** Opens connections of drivers to the broker of the run. Only hosts on this machine or a private network are connected to. */
export class SocketConnector implements AttackConnector {
  readonly #options: SocketConnectorOptions;
  readonly #connections = new Set<SocketConnection>();
  readonly #load = { backlogBytes: 0 };
  readonly #gateways: Gateways;
  /** Until when each is passed over, by its key. */
  readonly #away = new Map<string, number>();
  #onEmpty: (() => void)[] = [];

  constructor(options: SocketConnectorOptions) {
    this.#options = options;
    this.#gateways = new Gateways({ ...options, allowRemote: false });
    // Their names are resolved by the time they are needed.
    this.#gateways.latest();
  }

  /** Connections that are not yet over. */
  get size(): number {
    return this.#connections.size;
  }

  /** Bytes that wait on all of them. */
  get backlogBytes(): number {
    return this.#load.backlogBytes;
  }

  open(clientId: string, events: AttackConnectionEvents, recorder: AttackRecorder): AttackConnection {
    const { machine } = this.#options;
    const target = this.#targetOf(clientId);
    const connection = new SocketConnection({
      security: this.#options,
      target,
      machine,
      clientId,
      events,
      recorder,
      load: this.#load,
      onClosed: (closed) => {
        if (closed.unreachable && target.key !== undefined) {
          this.#away.set(target.key, machine.now() + awayMs);
        }
        this.#onClosed(closed);
      },
    });
    this.#connections.add(connection);
    return connection;
  }

  /** Ends what is open. Resolves when all has been recorded, which takes at most three seconds. Idempotent. */
  stop(): Promise<void> {
    for (const connection of this.#connections) {
      connection.end();
    }
    return this.#connections.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  #targetOf(clientId: string): TransportTarget & { readonly key?: string } {
    const now = this.#options.machine.now();
    for (const [key, until] of this.#away) {
      if (until <= now) {
        this.#away.delete(key);
      }
    }
    const candidates = this.#gateways.latest();
    const hash = keyHash(clientId);
    return (
      bestOf(hash, candidates, ({ key }) => this.#away.has(key)) ??
      bestOf(hash, candidates, () => false) ?? {
        address: this.#options.addresses[0] as BrokerAddress,
        addresses: [],
      }
    );
  }

  #onClosed(connection: SocketConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) {
      const waiting = this.#onEmpty;
      this.#onEmpty = [];
      for (const resolve of waiting) {
        // What the driver hears of the last one comes first.
        setImmediate(resolve);
      }
    }
  }
}
