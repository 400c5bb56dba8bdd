import type { IClientOptions } from 'mqtt';
import type { DueReading } from './publisher.js';

/**
 * The readings of a connection that are sent and not confirmed, by packet id; and the giver of these ids, so that a confirmation leads
 * back to its reading without a closure for each.
 */
export class UnderWay implements NonNullable<IClientOptions['messageIdProvider']> {
  /** What the next id is given to; undefined: a message that is no reading. */
  next: DueReading | undefined;
  readonly #byId = new Map<number, DueReading>();
  #lastId = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** Ends the wait for a confirmation. */
  take(id: number): DueReading | undefined {
    const reading = this.#byId.get(id);
    this.#byId.delete(id);
    return reading;
  }

  /** Ends all of them; in the order in which they were sent. */
  takeAll(): [id: number, reading: DueReading][] {
    const all = [...this.#byId];
    this.#byId.clear();
    return all;
  }

  allocate(): number {
    do {
      this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
    } while (this.#byId.has(this.#lastId));
    if (this.next !== undefined) {
      this.#byId.set(this.#lastId, this.next);
    }
    return this.#lastId;
  }

  getLastAllocated(): number {
    return this.#lastId;
  }

  register(): boolean {
    return true;
  }

  deallocate(): void {}

  clear(): void {}
}
