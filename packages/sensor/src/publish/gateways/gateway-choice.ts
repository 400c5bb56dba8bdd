import type { Candidate } from './candidate.js';
import { bestOf, keyHash } from './rendezvous.js';

/** Gateways tried at once, one after the other; then there is a pause. */
const mostAtOnce = 8;

/**
 * Which gateway a connection goes to. It goes through its ranking from the best down, without a pause the first time; when all have
 * been tried, or several, comes a pause, and then the best again. Where it stands it stays, and looks for its best when that ends.
 */
export class GatewayChoice {
  readonly #hash: number;
  #candidates: readonly Candidate[] = [];
  /** Keys of those that failed, or that were lost, in this round; a list, because it is short and nearly always empty. */
  #tried: string[] = [];
  #attempts = 0;
  #current: Candidate | undefined;

  constructor(clientId: string) {
    this.#hash = keyHash(clientId);
  }

  /** The one chosen last. */
  get current(): Candidate | undefined {
    return this.#current;
  }

  /** Whether there is any other to go to. */
  get several(): boolean {
    return this.#candidates.length > 1;
  }

  /** Whether one is left that has not been tried, and may be at once. */
  get more(): boolean {
    return this.#attempts < mostAtOnce && this.#candidates.some(({ key }) => !this.#tried.includes(key));
  }

  /** Whether another than the current one is the best of these. */
  prefersOther(candidates: readonly Candidate[]): boolean {
    const best = bestOf(this.#hash, candidates, () => false);
    return best !== undefined && best.key !== this.#current?.key;
  }

  /** Begins anew, and with the best of these: others are tried as if they had failed. */
  goFor(candidates: readonly Candidate[]): void {
    const wanted = new Set(candidates.map(({ key }) => key));
    this.#tried = this.#candidates.map(({ key }) => key).filter((key) => !wanted.has(key));
    this.#attempts = 0;
  }

  /** The next to be tried, of those that there are now; undefined where there is none at all. */
  next(candidates: readonly Candidate[]): Candidate | undefined {
    this.#candidates = candidates;
    let best = this.#untried();
    if (best === undefined && this.#tried.length > 0) {
      this.#tried = [];
      best = this.#untried();
    }
    this.#current = best;
    if (best !== undefined) {
      this.#tried.push(best.key);
      this.#attempts++;
    }
    return best;
  }

  /** The connection had stood for a while: others are tried before this one is again. */
  stood(): void {
    this.#tried = this.#current === undefined ? [] : [this.#current.key];
    this.#attempts = 0;
  }

  /** There has been a pause. */
  paused(): void {
    this.#attempts = 0;
  }

  /** Nothing is held against any of them. */
  restart(): void {
    this.#tried = [];
    this.#attempts = 0;
  }

  #untried(): Candidate | undefined {
    return bestOf(this.#hash, this.#candidates, ({ key }) => this.#tried.includes(key));
  }
}
