import type { DockerEngine } from '../../docker/index.js';
import type { Held, LinkControl } from '../../fault/index.js';

export interface KafkaLinkOptions {
  readonly engine: DockerEngine;
  /** The network that gateway and Kafka share. */
  readonly network: string;
  /** The gateway's container. */
  readonly gateway: string;
  /** The project's Kafka. */
  readonly kafka: string;
  /** Told before it is paused and after it is resumed, for whoever has to resume it if this process dies. */
  readonly onPause: (isPaused: boolean) => void;
}

/**
 * The way between the run's gateway and the project's Kafka. Refused: the gateway is taken off their network. Held: the Kafka stands
 * still, for everyone who uses it.
 */
export class KafkaLink implements LinkControl {
  readonly quality = {};
  readonly connections = 1;
  readonly #options: KafkaLinkOptions;
  #broken = 0;
  #delayed = 0;
  #isAway = false;
  #isHeld = false;

  constructor(options: KafkaLinkOptions) {
    this.#options = options;
  }

  get broken(): number {
    return this.#broken;
  }

  get delayed(): number {
    return this.#delayed;
  }

  async refuse(): Promise<void> {
    const { engine, network, gateway } = this.#options;
    this.#isAway = true;
    await engine.disconnect(network, gateway);
    this.#broken++;
  }

  async admit(): Promise<void> {
    const { engine, network, gateway } = this.#options;
    if (this.#isAway) {
      await engine.connect(network, gateway);
      this.#isAway = false;
    }
  }

  async hold(held: Held): Promise<void> {
    const { engine, kafka, onPause } = this.#options;
    if (held !== 'none') {
      onPause(true);
      this.#isHeld = true;
      await engine.pause(kafka);
      this.#delayed++;
    } else if (this.#isHeld) {
      await engine.unpause(kafka);
      this.#isHeld = false;
      onPause(false);
    }
  }

  cut(): Promise<void> {
    return this.refuse();
  }

  mend(): Promise<void> {
    return this.admit();
  }

  setQuality(): void {
    throw new TypeError('the network of containers cannot be made slow');
  }
}
