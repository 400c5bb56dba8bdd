import { ManualClock, randomStream } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.js';
import { Pacer } from './pacer.js';

describe('pacer', () => {
  it('begins no more than the rate allows, in order, and none after stop', () => {
    const clock = new ManualClock();
    const pacer = new Pacer(clock, 100);
    const begun: number[] = [];
    for (let i = 0; i < 100; i++) {
      pacer.add(() => begun.push(i));
    }
    clock.advance(500);
    expect(begun.length).toBeGreaterThanOrEqual(50);
    expect(begun.length).toBeLessThanOrEqual(52);
    expect(begun).toEqual(begun.map((_, i) => i));
    pacer.stop();
    clock.advance(1_000);
    expect(begun.length).toBeLessThanOrEqual(52);
  });

  it('does not save up what nobody used', () => {
    const clock = new ManualClock();
    const pacer = new Pacer(clock, 100);
    clock.advance(60_000);
    let begun = 0;
    for (let i = 0; i < 100; i++) {
      pacer.add(() => begun++);
    }
    expect(begun).toBeLessThanOrEqual(2);
  });
});

describe('backoff', () => {
  it('doubles up to half a minute, at random between half and whole, and begins again after a success', () => {
    const backoff = new Backoff(randomStream('s', 'c', 'backoff'));
    const waits = Array.from({ length: 12 }, () => backoff.nextMs());
    waits.forEach((ms, attempt) => {
      const ceiling = Math.min(30_000, 500 * 2 ** attempt);
      expect(ms).toBeGreaterThanOrEqual(ceiling / 2);
      expect(ms).toBeLessThanOrEqual(ceiling);
    });
    backoff.reset();
    expect(backoff.nextMs()).toBeLessThanOrEqual(500);
  });

  it('is the same for one seed', () => {
    const [a, b] = [1, 2].map(() => new Backoff(randomStream('s', 'c', 'backoff')));
    expect(a?.nextMs()).toBe(b?.nextMs());
  });
});
