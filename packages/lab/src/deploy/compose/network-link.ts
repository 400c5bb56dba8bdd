import type { DockerEngine } from '../../docker/index.js';
import type { Held, LinkControl } from '../../fault/index.js';
import type { GatewayReport } from '../../host/index.js';

export interface NetworkLinkOptions {
  readonly engine: DockerEngine;
  readonly network: string;
  /** The gateway's container. */
  readonly container: string;
  /** Names by which it is found in the network. */
  readonly aliases: readonly string[];
  /** The last report of the gateway. */
  readonly status: () => GatewayReport | undefined;
}

/**
 * The network that sensors and gateway share. Cut, the gateway is taken off it, as by a cable that is pulled: nobody is told. What stands
 * may go on after, where the gateway gets its address back, which an engine mostly gives.
 */
export class NetworkLink implements LinkControl {
  readonly quality = {};
  readonly #options: NetworkLinkOptions;
  #broken = 0;
  #delayed = 0;
  #isAway = false;
  /** What the gateway had received when it came back; undefined: something has passed since. */
  #receivedBefore: number | undefined;

  constructor(options: NetworkLinkOptions) {
    this.#options = options;
  }

  get broken(): number {
    return this.#broken;
  }

  get delayed(): number {
    return this.#delayed;
  }

  /** As the gateway counts them; none from a cut until something has passed again. */
  get connections(): number {
    const snapshot = this.#options.status()?.snapshot;
    if (this.#isAway || snapshot === undefined) {
      return 0;
    }
    if (this.#receivedBefore !== undefined && snapshot.received > this.#receivedBefore) {
      this.#receivedBefore = undefined;
    }
    return this.#receivedBefore === undefined ? snapshot.connections : 0;
  }

  async cut(): Promise<void> {
    this.#broken += Math.max(1, this.connections);
    await this.#leave();
  }

  mend(): Promise<void> {
    return this.#join();
  }

  async hold(held: Held): Promise<void> {
    if (held === 'none') {
      await this.#join();
    } else {
      this.#delayed++;
      await this.#leave();
    }
  }

  refuse(): Promise<void> {
    return this.cut();
  }

  admit(): Promise<void> {
    return this.#join();
  }

  setQuality(): void {
    throw new TypeError('the network of containers cannot be made slow');
  }

  async #leave(): Promise<void> {
    const { engine, network, container } = this.#options;
    this.#isAway = true;
    await engine.disconnect(network, container);
  }

  async #join(): Promise<void> {
    const { engine, network, container, aliases, status } = this.#options;
    if (this.#isAway) {
      await engine.connect(network, container, aliases);
      this.#receivedBefore = status()?.snapshot.received;
      this.#isAway = false;
    }
  }
}
