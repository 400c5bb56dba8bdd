import { describe, expect, it } from 'vitest';
import { isNear, refuseRemote } from './remote-guard.js';

describe('isNear', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['10.0.0.1', true],
    ['172.16.0.1', true],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['192.168.1.20', true],
    ['192.169.0.1', false],
    ['169.254.1.1', true],
    ['0.0.0.0', true],
    ['8.8.8.8', false],
    ['::1', true],
    ['fe80::1%eth0', true],
    ['fd12:3456::1', true],
    ['2001:4860:4860::8888', false],
    ['::ffff:192.168.1.20', true],
    ['::ffff:8.8.8.8', false],
    ['not an address', false],
  ])('%s: %s', (address, near) => {
    expect(isNear(address)).toBe(near);
  });
});

describe('refuseRemote', () => {
  it('lets a name through whose addresses are all near', async () => {
    await expect(
      refuseRemote('pi', '--host', async () => ['192.168.1.4', 'fd00::4']),
    ).resolves.toBeUndefined();
  });

  it('refuses a name with one address that is not, and says which', async () => {
    await expect(refuseRemote('pi', '--host', async () => ['192.168.1.4', '8.8.8.8'])).rejects.toMatchObject({
      code: 'SENSOR_REMOTE_REFUSED',
      exitCode: 2,
      message: expect.stringContaining('--host: pi (8.8.8.8)'),
      hint: expect.stringContaining('--allow-remote'),
    });
  });
});
