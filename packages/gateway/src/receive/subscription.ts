import { messageOf, SuiteError } from 'sensorsim-shared';
import type { GatewayOptions } from '../options.js';
import type { EmbeddedBrokerOptions } from './embedded-broker.js';
import type { Receiver } from './receiver.js';
import { SubscriptionConnection } from './subscription-connection.js';
import { readBrokerTls } from './tls-files.js';

const defaultFilters = ['sensors/#'];

export type SubscriptionContext = Pick<
  EmbeddedBrokerOptions,
  'gatewayId' | 'pending' | 'now' | 'onMessage' | 'onRefused'
>;

/**
 * Takes messages from an existing MQTT 5 broker, over a shared subscription, so that gateways can share the load, and a
 * persistent session, so that the broker keeps what comes while the gateway restarts. A message is acknowledged to the
 * broker when its promise is kept. Order: over one connection as the broker sends; several connections get a device's
 * messages dealt out, and they may overtake one another.
 */
export class Subscription implements Receiver {
  readonly addresses: string[] = [];
  readonly #url: string;
  readonly #connections: readonly SubscriptionConnection[];
  #stopped: Promise<void> | undefined;

  /** @throws {SuiteError} CONFIG_UNREADABLE: a certificate or key */
  constructor(options: GatewayOptions, context: SubscriptionContext) {
    this.#url = options.subscribe as string;
    const filters = (options.filter ?? defaultFilters).map((filter) => `$share/${options.group}/${filter}`);
    const tls = readBrokerTls(options);
    this.#connections = Array.from(
      { length: options.subscribeConnections },
      (_, index) =>
        new SubscriptionConnection({
          ...context,
          url: this.#url,
          // Stable, because the broker finds the session by it.
          clientId: `${context.gatewayId}-${index}`,
          filters,
          qos: options.subscribeQos,
          receiveMaximum: options.receiveMaximum,
          sessionExpirySeconds: Math.ceil(options.sessionExpiry / 1_000),
          username: options.username,
          password: options.password,
          tls,
        }),
    );
  }

  get connections(): number {
    return this.#connections.filter(({ connected }) => connected).length;
  }

  get notReady(): string | undefined {
    return this.connections > 0 ? undefined : `no connection to ${withoutSecrets(this.#url)}`;
  }

  async start(): Promise<void> {
    const shown = withoutSecrets(this.#url);
    try {
      await Promise.all(this.#connections.map((connection) => connection.start()));
    } catch (cause) {
      if (cause instanceof SuiteError) {
        throw cause;
      }
      const message = `--subscribe ${shown}: ${messageOf(cause) || (cause as NodeJS.ErrnoException).code}`;
      throw new SuiteError('GATEWAY_BROKER_UNREACHABLE', message, { cause });
    }
    this.addresses.push(shown);
  }

  drain(): void {
    for (const connection of this.#connections) {
      connection.drain();
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= Promise.all(this.#connections.map((connection) => connection.stop())).then(() => {});
    return this.#stopped;
  }
}

/** A URL as it may be shown: without user and password. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
