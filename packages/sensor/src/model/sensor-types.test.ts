import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ModelContext, sensorTypes } from './index.js';

const startAt = Date.parse('2024-01-15T06:00:00Z');

function values(
  type: (typeof sensorTypes)[number],
  context: Partial<ModelContext>,
  times: readonly number[],
) {
  const parameters = type.parameters.parse({});
  const model = type.create({ seed: 's', deviceId: 'd', room: 'r', startAt, parameters, ...context });
  return times.map((ts) => model.valueAt(ts));
}
const everyMinute = Array.from({ length: 600 }, (_, index) => startAt + index * 60_000);

describe.each(sensorTypes.map((type) => [type.name, type] as const))('%s', (_name, type) => {
  it('gives the same course for the same seed, device, room and start', () => {
    expect(values(type, {}, everyMinute)).toEqual(values(type, {}, everyMinute));
  });

  it('gives another course for another seed, device or start', () => {
    const course = values(type, {}, everyMinute);
    expect(values(type, { seed: 't' }, everyMinute)).not.toEqual(course);
    expect(values(type, { deviceId: 'e' }, everyMinute)).not.toEqual(course);
    expect(values(type, { startAt: startAt - 86_400_000 }, everyMinute)).not.toEqual(course);
  });

  it('does not depend on other devices of the room, nor on the order in which they are asked', () => {
    const alone = values(type, {}, everyMinute);
    const parameters = type.parameters.parse({});
    const devices = ['a', 'd', 'z'].map((deviceId, index) => ({
      model: type.create({ seed: 's', deviceId, room: 'r', startAt, parameters }),
      aheadMs: (index - 1) * 45_000,
    }));
    const together = everyMinute.map(
      (ts) => devices.map(({ model, aheadMs }) => model.valueAt(Math.max(startAt, ts + aheadMs)))[1],
    );
    expect(together).toEqual(alone);
  });

  it('gives values that are finite and print short', () => {
    for (const value of values(type, {}, everyMinute)) {
      expect(String(value)).toMatch(/^-?\d{1,4}(\.\d{1,4})?$/);
    }
  });

  it('takes any non-decreasing times, near or far apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(10), fc.nat(60_000), fc.nat(86_400_000 * 3)), { maxLength: 40 }),
        (gaps) => {
          let ts = startAt;
          const times = gaps.map((gap) => {
            ts += gap;
            return ts;
          });
          expect(values(type, {}, times).every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('explains each parameter and its default', () => {
    expect(type.description.length).toBeGreaterThan(40);
    for (const schema of Object.values(type.parameters.shape)) {
      expect((schema as { description?: string }).description).toMatch(/\S/);
    }
  });
});

it('has no name or alias twice', () => {
  const names = sensorTypes.flatMap((type) => [type.name, ...type.aliases]);
  expect(new Set(names).size).toBe(names.length);
});
