import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines, type DeadlinesOptions } from './deadlines.js';
import { temperatureFleet } from './fleet.fixture.js';
import { quotas } from './fleet.js';

interface Due {
  readonly index: number;
  readonly seq: number;
  readonly due: number;
}

function drain(options: Partial<DeadlinesOptions> & Pick<DeadlinesOptions, 'devices'>): Due[] {
  const deadlines = new Deadlines({
    startAt: 1_000,
    delayMs: 100,
    jitterMs: 0,
    aligned: false,
    seed: 's',
    ...options,
  });
  const out: Due[] = [];
  while (!deadlines.done) {
    const device = options.devices[deadlines.nextDevice];
    out.push({ index: device?.index ?? -1, seq: deadlines.nextSeq, due: deadlines.nextDue });
    deadlines.advance();
  }
  return out;
}

const shapes = fc.record({
  count: fc.integer({ min: 1, max: 40 }),
  delayMs: fc.double({ min: 0.5, max: 200, noNaN: true }),
  jitterShare: fc.double({ min: 0, max: 1, noNaN: true }),
  aligned: fc.boolean(),
  durationMs: fc.integer({ min: 1, max: 2_000 }),
});

describe('deadlines', () => {
  it('come in order of due time, then of device', () => {
    fc.assert(
      fc.property(shapes, ({ count, delayMs, jitterShare, aligned, durationMs }) => {
        const devices = temperatureFleet(count);
        const all = drain({
          devices,
          delayMs,
          jitterMs: jitterShare * delayMs,
          aligned,
          endAt: 1_000 + Math.min(durationMs, delayMs * 20),
        });
        for (let i = 1; i < all.length; i++) {
          const [a, b] = [all[i - 1] as Due, all[i] as Due];
          expect(a.due < b.due || (a.due === b.due && a.index < b.index)).toBe(true);
        }
      }),
    );
  });

  it('never drift: reading k is due at its turn plus at most the jitter, however large k is', () => {
    const jitterMs = 30;
    const all = drain({ devices: temperatureFleet(3), jitterMs, endAt: 1_000 + 100 * 5_000 });
    const first = new Map(drain({ devices: temperatureFleet(3), endAt: 1_100 }).map((d) => [d.index, d.due]));
    for (const { index, seq, due } of all) {
      const turn = (first.get(index) as number) + seq * 100;
      expect(due - turn).toBeGreaterThanOrEqual(-1e-6);
      expect(due - turn).toBeLessThan(jitterMs + 1e-6);
    }
    expect(all.length).toBeGreaterThan(14_900);
  });

  it('give each device a reading for every delay of an aligned duration', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 1_000 }),
        (count, delayMs, durationMs) => {
          const all = drain({
            devices: temperatureFleet(count),
            delayMs,
            aligned: true,
            endAt: 1_000 + durationMs,
          });
          expect(all.length).toBe(count * Math.ceil(durationMs / delayMs));
        },
      ),
    );
  });

  it('number the readings of a device from 0 without a gap', () => {
    const all = drain({ devices: temperatureFleet(7), jitterMs: 100, endAt: 3_000 });
    const next = new Map<number, number>();
    for (const { index, seq } of all) {
      expect(seq).toBe(next.get(index) ?? 0);
      next.set(index, seq + 1);
    }
  });

  it('are the same for a device in whichever shard it lives', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 5 }), (shape, of) => {
        const { count, delayMs, jitterShare, aligned } = shape;
        const options = { delayMs, jitterMs: jitterShare * delayMs, aligned, endAt: 1_000 + delayMs * 5 };
        const whole = drain({ ...options, devices: temperatureFleet(count) });
        const parts = Array.from({ length: of }, (_, index) =>
          drain({ ...options, devices: temperatureFleet(count, { index, of }) }),
        ).flat();
        parts.sort((a, b) => a.due - b.due || a.index - b.index);
        expect(parts).toEqual(whole);
      }),
    );
  });

  it('end with the quota of each device, and quotas add up to the limit over all shards', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 500 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        (count, limit, aligned, of) => {
          const sent = Array.from({ length: of }, (_, index) => {
            const devices = temperatureFleet(count, { index, of });
            return drain({ devices, aligned, quotas: quotas(limit, count, aligned, devices) }).length;
          });
          expect(sent.reduce((sum, n) => sum + n, 0)).toBe(limit);
        },
      ),
    );
  });

  it('of a limited fleet are those that come first', () => {
    const devices = temperatureFleet(10);
    const limited = drain({ devices, quotas: quotas(37, 10, false, devices) });
    const free = drain({ devices, endAt: 2_000 }).slice(0, 37);
    expect(limited).toEqual(free);
  });

  it('are spread over the delay, evenly enough that no tenth holds more than twice its share', () => {
    const dues = drain({ devices: temperatureFleet(1_000), endAt: 1_100 }).map(({ due }) => due - 1_000);
    const tenths = Array.from(
      { length: 10 },
      (_, i) => dues.filter((due) => Math.floor(due / 10) === i).length,
    );
    expect(dues.length).toBe(1_000);
    expect(Math.max(...tenths)).toBeLessThan(120);
    expect(Math.min(...tenths)).toBeGreaterThan(80);
  });
});
