import type { DueReading } from './publisher.js';

/** Readings in the order they came. Its memory follows its length. */
export class ReadingQueue {
  #items: (DueReading | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(reading: DueReading): void {
    this.#items.push(reading);
  }

  shift(): DueReading | undefined {
    const reading = this.#items[this.#head];
    if (reading !== undefined) {
      this.#items[this.#head++] = undefined;
      // Moving the rest only when half is gone keeps `shift` cheap on average.
      if (this.#head * 2 >= this.#items.length) {
        this.#items = this.#items.slice(this.#head);
        this.#head = 0;
      }
    }
    return reading;
  }
}
