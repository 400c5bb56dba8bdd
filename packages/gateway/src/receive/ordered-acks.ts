interface Entry {
  readonly packet: Buffer;
  safe: boolean;
}

/**
 * Acknowledgements of one network connection, sent in the order in which the messages came (MQTT 5 §4.6), each as soon as
 * it and all before it are safe. What becomes safe within one turn of the event loop goes out in one write.
 */
export class OrderedAcks {
  readonly #write: (bytes: Buffer) => void;
  readonly #waiting: Entry[] = [];
  #first = 0;
  #scheduled = false;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  /** Messages whose acknowledgement is not yet sent. */
  get pending(): number {
    return this.#waiting.length - this.#first;
  }

  /** Takes the acknowledgement's place in the order; the function returned says that it may be sent. */
  expect(packet: Buffer): () => void {
    const entry: Entry = { packet, safe: false };
    this.#waiting.push(entry);
    return () => {
      entry.safe = true;
      if (!this.#scheduled && entry === this.#waiting[this.#first]) {
        this.#scheduled = true;
        setImmediate(() => this.#send());
      }
    };
  }

  #send(): void {
    this.#scheduled = false;
    const start = this.#first;
    while (this.#waiting[this.#first]?.safe) {
      this.#first++;
    }
    this.#write(Buffer.concat(this.#waiting.slice(start, this.#first).map(({ packet }) => packet)));
    if (this.#first > 1_024 && this.#first * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
