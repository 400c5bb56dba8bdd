import { describe, expect, it } from 'vitest';
import { gatewayIdOf } from './gateway-id.js';

describe('gatewayIdOf', () => {
  it('is named after the run', () => {
    expect(gatewayIdOf('20261130-165125', { isTopicShared: false })).toBe('lab-20261130-165125');
    expect(gatewayIdOf('my run: ü', { isTopicShared: false })).toBe('lab-my-run---');
  });

  it('differs from that of an earlier run of the same name in the same topic', () => {
    const [one, other] = [1, 2].map(() => gatewayIdOf('nightly', { isTopicShared: true }));
    expect(one).toMatch(/^lab-nightly-[0-9a-f]{6}$/);
    expect(other).not.toBe(one);
  });

  it('fits, and keeps what tells it apart', () => {
    const id = gatewayIdOf('x'.repeat(100), { isTopicShared: true });
    expect(id).toHaveLength(63);
    expect(id).toMatch(/^lab-x+-[0-9a-f]{6}$/);
  });
});
