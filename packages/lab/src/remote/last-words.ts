import type { Readable } from 'node:stream';

const mostChars = 2_000;

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
    const text = this.#text.trim();
    return text === '' ? '' : `:\n${text}`;
  }
}
