import { randomStream } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { resolveSensorType } from './index.js';

// The figures are of public recordings: the UCI Occupancy office (Candanedo and Feldheim 2016; one-minute rows), the Intel
// Lab motes (2004) and NAB's office. Bounds are wide enough for one room to differ from another, and no wider.

const minuteMs = 60_000;
const hourMs = 3_600_000;
const startAt = Date.parse('2024-01-15T00:00:00Z'); // a Monday

const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
const sd = (list: readonly number[]) => {
  const m = mean(list);
  return Math.sqrt(mean(list.map((value) => (value - m) ** 2)));
};
function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  return mean(a.map((value, index) => (value - ma) * ((b[index] as number) - mb))) / (sd(a) * sd(b));
}
function quantile(list: readonly number[], share: number): number {
  return [...list].sort((a, b) => a - b)[Math.floor(share * list.length)] as number;
}
const stepsOf = (list: readonly number[]) =>
  list.slice(1).map((value, index) => value - (list[index] as number));

function modelOf(typeName: string, deviceId: string, room: string, given: Record<string, unknown> = {}) {
  const type = resolveSensorType(typeName);
  return type.create({ seed: 'figures', deviceId, room, startAt, parameters: type.parameters.parse(given) });
}
function course(typeName: string, n: number, intervalMs: number, count: number, room = `room-${n}`) {
  const model = modelOf(typeName, `device-${n}`, room);
  return Array.from({ length: count }, (_, index) => model.valueAt(startAt + index * intervalMs));
}
const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);

describe('temperature', () => {
  /** As the UCI office was recorded: each row is the mean of the two to four reads of its minute. */
  function recordedByTheMinute(n: number, minutes: number): number[] {
    const model = modelOf('temperature', `device-${n}`, `room-${n}`);
    const recorder = randomStream('figures', `recorder-${n}`, 'reads');
    return Array.from({ length: minutes }, (_, minute) => {
      const reads = 2 + Math.floor(3 * recorder.uniform() ** 2);
      const at = startAt + minute * minuteMs;
      const values = Array.from({ length: reads }, (_, read) =>
        model.valueAt(at + (read * minuteMs) / reads),
      );
      return Math.round(mean(values) * 10_000) / 10_000;
    });
  }
  const days = Array.from({ length: 12 }, (_, n) => recordedByTheMinute(n, 1440));
  const steps = days.flatMap(stepsOf);

  it('steps like the UCI office: SD 0.033, 61 % zero, at most 0.155 °C', () => {
    expect(sd(steps)).toBeGreaterThan(0.025);
    expect(sd(steps)).toBeLessThan(0.04);
    const zero = steps.filter((step) => Math.abs(step) < 1e-9).length / steps.length;
    expect(zero).toBeGreaterThan(0.5);
    expect(zero).toBeLessThan(0.72);
    expect(Math.max(...steps.map(Math.abs))).toBeLessThan(0.21);
  });

  it('has the UCI office’s fast noise: residual SD 0.024 °C about a 15 min mean', () => {
    const residuals = days.flatMap((day) =>
      day.slice(7, -8).map((value, index) => value - mean(day.slice(index, index + 15))),
    );
    expect(sd(residuals)).toBeGreaterThan(0.017);
    expect(sd(residuals)).toBeLessThan(0.03);
  });

  it('turns back after a step (lag-1 autocorrelation of steps −0.35 in the UCI office; 0 is a random walk)', () => {
    const lag1 = mean(days.map((day) => correlation(stepsOf(day).slice(1), stepsOf(day).slice(0, -1))));
    expect(lag1).toBeGreaterThan(-0.55);
    expect(lag1).toBeLessThan(-0.25);
  });

  it('moves smoothly for all that: lag-1 autocorrelation of the values above 0.99', () => {
    const lag1 = mean(days.map((day) => correlation(day.slice(1), day.slice(0, -1))));
    expect(lag1).toBeGreaterThan(0.99);
    expect(lag1).toBeLessThan(1);
  });

  it('swings by 1.9 °C over the day with a peak at 13 to 15 h, as in the UCI office (hourly means 19.9 to 21.8)', () => {
    const byHour = Array.from({ length: 24 }, () => [] as number[]);
    for (let n = 0; n < 80; n += 1) {
      course('temperature', n, hourMs, 24 * 14).forEach((value, index) => {
        byHour[index % 24]?.push(value);
      });
    }
    const means = byHour.map(mean);
    const swing = Math.max(...means) - Math.min(...means);
    expect(swing).toBeGreaterThan(1.5);
    expect(swing).toBeLessThan(2.3);
    expect(means.indexOf(Math.max(...means))).toBeGreaterThanOrEqual(13);
    expect(means.indexOf(Math.max(...means))).toBeLessThanOrEqual(15);
  });

  it('follows the local time of a set zone', () => {
    const flat = { roomSd: 0, deviceSd: 0, offsetSd: 0, noiseSd: 0, resolution: 0.001 };
    const utc = modelOf('temperature', 'a', 'r', flat);
    const tokyo = modelOf('temperature', 'a', 'r', { ...flat, timeZone: 'Asia/Tokyo' });
    expect(tokyo.valueAt(startAt + 3 * hourMs)).toBe(utc.valueAt(startAt + 12 * hourMs));
  });

  it('correlates at about 0.8 between devices of one room, less between rooms', () => {
    const count = 28 * 48;
    const pairs = Array.from({ length: 30 }, (_, n) => {
      const one = course('temperature', 2 * n, 30 * minuteMs, count, `shared-${n}`);
      const other = course('temperature', 2 * n + 1, 30 * minuteMs, count, `shared-${n}`);
      const elsewhere = course('temperature', 2 * n + 1, 30 * minuteMs, count, `else-${n}`);
      return { neighbours: correlation(one, other), strangers: correlation(one, elsewhere) };
    });
    const neighbours = mean(pairs.map((pair) => pair.neighbours));
    expect(neighbours).toBeGreaterThan(0.75);
    expect(neighbours).toBeLessThan(0.87);
    expect(mean(pairs.map((pair) => pair.strangers))).toBeLessThan(neighbours - 0.15);
  });

  it('differs between devices as the Intel Lab motes do (SD 1.66 between motes of many rooms)', () => {
    const means = Array.from({ length: 200 }, (_, n) => mean(course('temperature', n, 3 * hourMs, 24)));
    expect(sd(means)).toBeGreaterThan(0.9);
    expect(sd(means)).toBeLessThan(1.7);
    expect(mean(means)).toBeCloseTo(21, 0);
  });

  it('has the same statistics whatever the sampling interval', () => {
    const spread = (intervalMs: number) =>
      mean(
        Array.from({ length: 40 }, (_, n) => {
          const values = course('temperature', n, intervalMs, (4 * 24 * hourMs) / intervalMs);
          const lagged = Math.round((2 * hourMs) / intervalMs);
          return sd(values.slice(lagged).map((value, index) => value - (values[index] as number)));
        }),
      );
    const fine = spread(minuteMs);
    expect(spread(hourMs) / fine).toBeGreaterThan(0.95);
    expect(spread(hourMs) / fine).toBeLessThan(1.05);
  });
});

describe('light', () => {
  const weeks = Array.from({ length: 12 }, (_, n) => course('light', n, minuteMs, 7 * 1440));
  const atWork = (minute: number) => {
    const hour = (minute / 60) % 24;
    return minute < 5 * 1440 && hour >= 8 && hour < 18;
  };
  const lit = weeks.map((week) => week.filter((value, minute) => atWork(minute) && value > 300));

  it('is zero for most of the time (63 % in the UCI office) and has the lamps’ level (occupied: median 454 lx)', () => {
    const zero = weeks.flat().filter((value) => value === 0).length / weeks.flat().length;
    expect(zero).toBeGreaterThan(0.53);
    expect(zero).toBeLessThan(0.68);
    expect(quantile(lit.flat(), 0.5)).toBeGreaterThan(430);
    expect(quantile(lit.flat(), 0.5)).toBeLessThan(530);
    expect(Math.max(...weeks.flat())).toBeLessThan(2000);
    expect(Math.max(...weeks.flat())).toBeGreaterThan(700);
  });

  it('steps like the UCI office while the lamps are on: 95 % within 14 lx, and jumps when they turn', () => {
    const steps = weeks.flatMap((week) =>
      stepsOf(week).filter(
        (_, minute) => atWork(minute) && Math.min(week[minute] ?? 0, week[minute + 1] ?? 0) > 300,
      ),
    );
    expect(quantile(steps.map(Math.abs), 0.95)).toBeGreaterThan(9);
    expect(quantile(steps.map(Math.abs), 0.95)).toBeLessThan(20);
    expect(Math.max(...weeks.flatMap(stepsOf).map(Math.abs))).toBeGreaterThan(300);
  });

  it('leaves the lamps off at the weekend and at night', () => {
    const share = (values: number[]) => values.filter((value) => value > 300).length / values.length;
    expect(share(weeks.flatMap((week) => week.filter((_, minute) => atWork(minute))))).toBeGreaterThan(0.6);
    expect(share(weeks.flatMap((week) => week.slice(5 * 1440 + 360)))).toBeLessThan(0.15);
  });

  it('correlates between devices of one room without being one signal', () => {
    const pairs = Array.from({ length: 12 }, (_, n) =>
      correlation(
        course('light', 2 * n, 5 * minuteMs, 14 * 288, `shared-${n}`),
        course('light', 2 * n + 1, 5 * minuteMs, 14 * 288, `shared-${n}`),
      ),
    );
    expect(mean(pairs)).toBeGreaterThan(0.75);
    expect(mean(pairs)).toBeLessThan(0.95);
  });
});

describe('humidity', () => {
  it('falls as the room warms, and is shared by its devices', () => {
    const count = 21 * 48;
    const against: number[] = [];
    const together: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      const one = course('humidity', 2 * n, 30 * minuteMs, count, `shared-${n}`);
      against.push(correlation(one, course('temperature', 2 * n, 30 * minuteMs, count, `shared-${n}`)));
      together.push(correlation(one, course('humidity', 2 * n + 1, 30 * minuteMs, count, `shared-${n}`)));
    }
    expect(mean(against)).toBeLessThan(-0.25);
    expect(mean(against)).toBeGreaterThan(-0.8);
    expect(mean(together)).toBeGreaterThan(0.7);
    expect(mean(together)).toBeLessThan(0.9);
  });

  it('stays within 0 to 100', () => {
    const dry = modelOf('humidity', 'dry', 'r', { base: 1 });
    const wet = modelOf('humidity', 'wet', 'r', { base: 99 });
    const all = Array.from({ length: 2000 }, (_, index) => startAt + index * hourMs);
    expect(Math.min(...all.map((ts) => dry.valueAt(ts)))).toBe(0);
    expect(Math.max(...all.map((ts) => wet.valueAt(ts)))).toBe(100);
  });
});

describe('voltage', () => {
  it('falls from 3.0 to 2.3 V over a battery’s life, with small steps, and stays there', () => {
    const given = { lifeDays: 10, lifeSpread: 0, ageSpread: 0 };
    const battery = modelOf('voltage', 'a', 'r', given);
    const days = Array.from({ length: 13 }, (_, day) =>
      mean(Array.from({ length: 24 }, (_, hour) => battery.valueAt(startAt + (day * 24 + hour) * hourMs))),
    );
    expect(battery.valueAt(startAt + 13 * 24 * hourMs)).toBeCloseTo(2.3, 1);
    expect(days[0]).toBeGreaterThan(2.85);
    expect(days[11]).toBeCloseTo(2.3, 1);
    expect(days.slice(0, 11).every((value, day) => day === 0 || value < (days[day - 1] as number))).toBe(
      true,
    );
  });

  it('differs in age between devices', () => {
    const firsts = Array.from({ length: 100 }, (_, n) => course('voltage', n, minuteMs, 1)[0] as number);
    expect(sd(firsts)).toBeGreaterThan(0.03);
    expect(sum(firsts.filter((value) => value > 3.02))).toBe(0);
  });
});
