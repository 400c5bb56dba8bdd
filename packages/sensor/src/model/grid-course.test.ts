import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LocalTime } from './local-time.js';
import { Quantiser } from './quantiser.js';
import { SlowTerm } from './slow-term.js';
import { SwitchTerm, turnChances } from './switch-term.js';

const startAt = 1_700_000_123_456;
const hourMs = 3_600_000;
const key = { seed: 's', owner: 'room r', purpose: 'p', startAt };

describe('a course on a grid', () => {
  it('is one course, in whatever order and how often it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -hourMs, max: 200 * hourMs }), { maxLength: 30 }), (offsets) => {
        const asked = new SlowTerm(key, hourMs);
        const inOrder = new SlowTerm({ ...key, shared: true }, hourMs);
        const expected = new Map<number, number>();
        for (const offset of offsets.toSorted((a, b) => a - b)) {
          expected.set(offset, inOrder.interpolated(startAt + offset));
        }
        for (const offset of offsets) {
          expect(asked.interpolated(startAt + offset)).toBe(expected.get(offset));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has mean 0, standard deviation 1 and loses 63 % of a deviation in a relaxation time', () => {
    let [sum, squares, product] = [0, 0, 0];
    const count = 4_000;
    for (let n = 0; n < count; n += 1) {
      const term = new SlowTerm({ ...key, owner: `room ${n}` }, hourMs);
      const now = term.interpolated(startAt);
      sum += now;
      squares += now ** 2;
      product += now * term.interpolated(startAt + hourMs);
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.06);
    expect(squares / count).toBeGreaterThan(0.9);
    expect(squares / count).toBeLessThan(1.1);
    expect(product / squares).toBeGreaterThan(Math.exp(-1) - 0.06);
    expect(product / squares).toBeLessThan(Math.exp(-1) + 0.06);
  });

  it('turns a switch at the rates given', () => {
    const term = new SwitchTerm(key, () => turnChances(2, 6));
    const count = 40_000;
    let on = 0;
    for (let index = 0; index < count; index += 1) {
      on += term.stepped(startAt + index * 60_000);
    }
    expect(on / count).toBeGreaterThan(0.22);
    expect(on / count).toBeLessThan(0.28);
  });
});

describe('quantiser', () => {
  it.each([
    [21.3399, 0.01, '21.34'],
    [21.37, 0.05, '21.35'],
    [21.3, 0.0625, '21.3125'],
    [-0.004, 0.01, '0'],
    [449.6, 1, '450'],
    [1234, 5, '1235'],
    [0.1 + 0.2, 0.1, '0.3'],
  ])('rounds %d to steps of %d as %s', (value, resolution, text) => {
    expect(String(new Quantiser(resolution).round(value))).toBe(text);
  });

  it('is never further off than half a step, and prints at most the step’s decimals', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        fc.integer({ min: 1, max: 9999 }),
        (value, k) => {
          const step = k / 1000;
          const rounded = new Quantiser(step).round(value);
          expect(Math.abs(rounded - value)).toBeLessThanOrEqual(step / 2 + 1e-9);
          expect(String(rounded)).toMatch(/^-?\d+(\.\d{1,3})?$/);
        },
      ),
    );
  });
});

describe('local time', () => {
  it.each([
    ['UTC', '2024-07-01T12:30:00Z', 12.5],
    ['Europe/Berlin', '2024-07-01T12:30:00Z', 14.5],
    ['Europe/Berlin', '2024-01-01T23:30:00Z', 0.5],
    ['America/New_York', '2024-01-01T02:00:00Z', 21],
    ['Asia/Kathmandu', '2024-01-01T00:00:00Z', 5.75],
    ['+02:00', '2024-01-01T12:00:00Z', 14],
    ['-0330', '2024-01-01T12:00:00Z', 8.5],
  ])('in %s at %s is %d h', (zone, at, hour) => {
    expect(LocalTime.of(zone)?.hourOfDay(Date.parse(at))).toBe(hour);
  });

  it('changes with summer time to the minute', () => {
    const berlin = LocalTime.of('Europe/Berlin') as LocalTime;
    const change = Date.parse('2024-03-31T01:00:00Z');
    expect(berlin.hourOfDay(change - 60_000)).toBeCloseTo(1 + 59 / 60);
    expect(berlin.hourOfDay(change)).toBe(3);
    expect(berlin.hourOfDay(change - 60_000)).toBeCloseTo(1 + 59 / 60);
  });

  it('knows weekdays by the zone’s own calendar', () => {
    const at = Date.parse('2024-01-14T20:00:00Z'); // Sunday evening in UTC, Monday in Tokyo
    expect(LocalTime.of('UTC')?.isWeekday(at)).toBe(false);
    expect(LocalTime.of('Asia/Tokyo')?.isWeekday(at)).toBe(true);
  });

  it.each(['Mars/Base', '+25:00', '', '+02:99'])('has no zone "%s"', (zone) => {
    expect(LocalTime.of(zone)).toBeUndefined();
  });
});
