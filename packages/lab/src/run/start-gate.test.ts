import { describe, expect, it } from 'vitest';
import { StartGate } from './start-gate.js';

describe('StartGate', () => {
  it('lets all begin at one instant, once the last is ready', async () => {
    let opened: number | undefined;
    const gate = new StartGate(
      2,
      () => 1_000.2,
      (at) => {
        opened = at;
      },
    );
    const first = gate.arrive();
    const early = await Promise.race([first, Promise.resolve('waits')]);
    expect(early).toBe('waits');
    expect(opened).toBeUndefined();
    const second = gate.arrive();
    expect(await Promise.all([first, second])).toEqual([
      { machineStartAt: 1_251 },
      { machineStartAt: 1_251 },
    ]);
    expect(opened).toBe(1_251);
  });
});
