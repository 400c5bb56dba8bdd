import type { Readable } from 'node:stream';

const mostChars = 4_000;
/** Where its heap is full, V8 says so in one line, between pages on its garbage collector and its stack. */
const heapPages = [/<--- Last few GCs --->[\s\S]*?(?=FATAL ERROR)/g, /-+ Native stack trace -+[\s\S]*/g];

/** What a program said last on its standard error. */
export class LastWords {
  #text = '';

  constructor(stream: Readable | undefined) {
    stream?.on('error', () => {});
    stream?.on('data', (chunk: Buffer) => {
      this.#text = (this.#text + chunk.toString()).slice(-mostChars);
    });
  }

  /** To be put behind a sentence; empty where nothing was said. */
  quoted(): string {
    const words = heapPages.reduce((left, pages) => left.replace(pages, ''), this.#text).trim();
    return words === '' ? '' : `:\n${words}`;
  }
}
