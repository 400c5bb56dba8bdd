import { describe, expect, it } from 'vitest';
import { type KeySource, listenForKeys } from './keys.js';

class FakeInput implements KeySource {
  raw = false;
  reading = false;
  #listeners = new Set<(data: string) => void>();

  constructor(readonly isTTY: boolean) {}

  setRawMode(raw: boolean): void {
    this.raw = raw;
  }
  resume(): void {
    this.reading = true;
  }
  pause(): void {
    this.reading = false;
  }
  on(_event: 'data', listener: (data: string) => void): void {
    this.#listeners.add(listener);
  }
  off(_event: 'data', listener: (data: string) => void): void {
    this.#listeners.delete(listener);
  }
  type(keys: string): void {
    for (const listener of this.#listeners) {
      listener(keys);
    }
  }
}

describe('listenForKeys', () => {
  it('knows q and Ctrl-C, and gives the terminal back as it was', () => {
    const input = new FakeInput(true);
    const got: string[] = [];
    const end = listenForKeys(input, { onQuit: () => got.push('quit'), onInterrupt: () => got.push('int') });
    expect(input.raw).toBe(true);
    input.type('x');
    input.type('q');
    input.type('\x03');
    end();
    input.type('q');
    expect(got).toEqual(['quit', 'int']);
    expect(input.raw).toBe(false);
    expect(input.reading).toBe(false);
  });

  it('leaves an input alone that is no terminal', () => {
    const input = new FakeInput(false);
    listenForKeys(input, { onQuit: () => {}, onInterrupt: () => {} })();
    expect(input.reading).toBe(false);
  });
});
