import { Writable } from 'node:stream';
import { ManualClock, type SuiteError } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { FleetOutput } from './fleet-output.js';
import { type Frame, FrameReader } from './frame.js';

/** A reader that takes what is written when it is let. */
class SlowReader extends Writable {
  readonly frames: Frame[] = [];
  isOpen = true;
  #held: (() => void) | undefined;
  readonly #reader = new FrameReader((frame) => this.frames.push(frame));

  override _write(chunk: Buffer, _: string, done: () => void): void {
    const take = (): void => {
      this.#reader.push(chunk);
      done();
    };
    if (this.isOpen) {
      take();
    } else {
      this.#held = take;
    }
  }

  open(): void {
    this.isOpen = true;
    this.#held?.();
  }
}

function setUp() {
  const stream = new SlowReader();
  const machine = new ManualClock();
  const errors: SuiteError[] = [];
  const output = new FleetOutput({ stream, machine, onFatal: (error) => errors.push(error) });
  return { stream, machine, errors, output };
}

describe('the output of a fleet', () => {
  it('puts rows, events and fates together, and sends them within 50 ms', () => {
    const { stream, machine, output } = setUp();
    output.truthLine('{"a":1}');
    output.truthLine('{"a":2}');
    output.fate(3, 1_000.5, 7);
    output.connection({ at: 5, connection: 'c', event: 'connected' });
    expect(stream.frames).toEqual([]);
    machine.advance(50);
    expect(stream.frames.map(({ tag, count }) => `${tag}${count}`)).toEqual(['R2', 'C1', 'F1']);
    expect(stream.frames[0]?.payload.toString()).toBe('{"a":1}\n{"a":2}\n');
  });

  it('sends what a report counts before the report', () => {
    const { stream, output } = setUp();
    output.truthLine('{}');
    output.message({ kind: 'log', line: 'hello' });
    expect(stream.frames.map(({ tag }) => tag)).toEqual(['R', 'M']);
  });

  it('keeps up to 64 MiB for a slow reader, then says once that the run cannot go on', () => {
    const { stream, errors, output } = setUp();
    stream.isOpen = false;
    const line = 'x'.repeat(64 * 1024);
    for (let i = 0; i < 1_023; i++) {
      output.truthLine(line);
    }
    expect(output.isBehind).toBe(true);
    expect(errors).toEqual([]);
    for (let i = 0; i < 10; i++) {
      output.truthLine(line);
    }
    expect(errors).toMatchObject([{ code: 'FLEET_BACKLOG', exitCode: 3 }]);
    stream.open();
    expect(stream.frames.reduce((sum, { count }) => sum + count, 0)).toBe(1_033);
  });

  it('lets a clock that waits go on once the reader has caught up', async () => {
    const { stream, output } = setUp();
    expect(output.room()).toBeUndefined();
    stream.isOpen = false;
    output.truthLine('x'.repeat(2 * 1024 * 1024));
    const room = output.room();
    expect(room).toBeInstanceOf(Promise);
    stream.open();
    await room;
    expect(output.isBehind).toBe(false);
  });

  it('waits at its end for a bounded time', async () => {
    const { stream, machine, output } = setUp();
    stream.isOpen = false;
    output.truthLine('{}');
    const closed = output.close(1_000);
    machine.advance(1_000);
    await closed;
    expect(stream.frames).toEqual([]);
  });
});
