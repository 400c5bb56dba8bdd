import { describe, expect, it } from 'vitest';
import type { LabView } from './lab-view.js';
import { LiveView, type ViewTerminal } from './live-view.js';

/** A terminal that keeps what is on its screen: the few sequences that the view uses, and wrapping. */
class ScreenTerminal implements ViewTerminal {
  columns = 80;
  rows = 24;
  cursorShown = true;
  #listeners = new Set<() => void>();
  #lines: string[] = ['$ sensorsim-lab up', ''];
  #row = 1;

  get screen(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  on(_event: 'resize', listener: () => void): void {
    this.#listeners.add(listener);
  }

  off(_event: 'resize', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  resize(columns: number): void {
    const wrapped = this.#lines.slice(0, -1).flatMap((line) => {
      return line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
    });
    this.#lines = [...wrapped, ''];
    this.#row = wrapped.length;
    this.columns = columns;
    for (const listener of this.#listeners) {
      listener();
    }
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal sequences are what this reads
    for (const token of text.match(/\x1b\[\??\d*[A-Za-z]|\r\n|\r|[^\x1b\r]+/g) ?? []) {
      if (token === '\r\n') {
        this.#row++;
        this.#lines[this.#row] ??= '';
      } else if (token === '\x1b[J') {
        this.#lines.splice(this.#row);
        this.#lines[this.#row] = '';
      } else if (token === '\x1b[?25l' || token === '\x1b[?25h') {
        this.cursorShown = token.endsWith('h');
      } else if (token.startsWith('\x1b[') && token.endsWith('A')) {
        this.#row -= Number(token.slice(2, -1));
      } else if (!token.startsWith('\x1b') && token !== '\r') {
        this.#lines[this.#row] = token;
      }
    }
  }
}

function view(published: number): LabView {
  return {
    runId: 'a-run',
    elapsedMs: 1_000,
    sensors: {
      devices: 1,
      connections: 1,
      publishedHz: 1,
      published,
      acknowledged: published,
      inFlight: 0,
      late: 0,
      skipped: 0,
      failed: 0,
    },
    gateway: { receivedHz: 1, received: published, pending: 0, refused: 0 },
    topic: { forwardedHz: 1, forwarded: published, deadLetters: 0, partitions: [1, 2] },
    lost: 0,
    courses: [],
    places: [],
  };
}

describe('LiveView', () => {
  it('draws each frame over the last, below what was there', () => {
    const terminal = new ScreenTerminal();
    const live = new LiveView(terminal, false);
    live.start();
    live.draw(view(1));
    const first = terminal.screen.length;
    live.draw(view(2));
    expect(terminal.screen[0]).toBe('$ sensorsim-lab up');
    expect(terminal.screen.length).toBe(first);
    expect(terminal.screen.join('\n')).toContain('2 sent');
    expect(terminal.screen.join('\n')).not.toContain('1 sent');
    expect(terminal.cursorShown).toBe(false);
  });

  it('leaves nothing of itself behind, and the cursor shown', () => {
    const terminal = new ScreenTerminal();
    const live = new LiveView(terminal, false);
    live.start();
    live.draw(view(1));
    live.stop();
    live.stop();
    live.draw(view(2));
    expect(terminal.screen.join('\n').trimEnd()).toBe('$ sensorsim-lab up');
    expect(terminal.cursorShown).toBe(true);
    expect(terminal.listeners).toBe(0);
  });

  it('writes lines above itself', () => {
    const terminal = new ScreenTerminal();
    const live = new LiveView(terminal, false);
    live.start();
    live.draw(view(3));
    live.print('a warning\r\n');
    expect(terminal.screen.slice(0, 3)).toEqual([
      '$ sensorsim-lab up',
      'a warning',
      expect.stringMatching(/^sensorsim lab/),
    ]);
    live.stop();
    expect(terminal.screen.join('\n').trimEnd()).toBe('$ sensorsim-lab up\na warning');
  });

  it('draws itself anew, once, when the terminal becomes narrower', () => {
    const terminal = new ScreenTerminal();
    const live = new LiveView(terminal, false);
    live.start();
    live.draw(view(7));
    terminal.resize(42);
    const screen = terminal.screen;
    expect(screen[0]).toBe('$ sensorsim-lab up');
    expect(screen.filter((line) => line.startsWith('sensorsim lab'))).toHaveLength(1);
    expect(screen.filter((line) => line.includes('7 sent'))).toHaveLength(1);
    expect(Math.max(...screen.map((line) => line.length))).toBeLessThan(42);
  });
});
