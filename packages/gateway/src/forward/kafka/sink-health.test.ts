import { describe, expect, it } from 'vitest';
import { PartitionQueue } from './partition-queue.js';
import { recordOf } from './record.fixture.js';
import { SinkHealth } from './sink-health.js';

function healthOf() {
  const clock = { now: 10_000 };
  return { clock, health: new SinkHealth(() => clock.now) };
}

describe('SinkHealth', () => {
  it('bears with a cluster that is away for a moment, not with one that is gone', () => {
    const { clock, health } = healthOf();
    health.bad('refused');
    clock.now += 2_900;
    health.bad('refused');
    expect(health.isGood([])).toBe(true);
    clock.now += 200;
    expect(health.isGood([])).toBe(false);
    health.good();
    expect(health.isGood([])).toBe(true);
  });

  it('counts a question without an answer', () => {
    const { clock, health } = healthOf();
    const askedAt = clock.now;
    clock.now += 3_100;
    expect(health.isGood([undefined, askedAt])).toBe(false);
    expect(health.isGood([undefined])).toBe(true);
  });

  it('counts a partition whose records wait, though the cluster answers', () => {
    const { clock, health } = healthOf();
    const queue = new PartitionQueue('t', 0, undefined);
    queue.push(recordOf(), () => {});
    health.fails(queue, 'no leader');
    clock.now += 3_100;
    health.good();
    expect(health.isGood([])).toBe(false);
    queue.begin(1, 100);
    queue.succeed();
    expect(health.isGood([])).toBe(true);
  });
});
