import { describe, expect, it } from 'vitest';
import { RateMeter } from './rate-meter.js';

describe('RateMeter', () => {
  it('tells the rate of the last two seconds, not of the whole run', () => {
    const meter = new RateMeter();
    expect(meter.sample(0, 0)).toBe(0);
    expect(meter.sample(1_000, 100)).toBe(100);
    expect(meter.sample(2_000, 200)).toBe(100);
    expect(meter.sample(3_000, 200)).toBe(50);
    expect(meter.sample(4_000, 200)).toBe(0);
  });
});
