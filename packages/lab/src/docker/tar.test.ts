import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { tar } from './tar.js';

it('packs files as tar itself unpacks them, readable by their owner alone', () => {
  const archive = tar([
    { name: 'passwords', content: Buffer.from('a:b\n'), owner: 1000 },
    { name: 'empty', content: Buffer.alloc(0), owner: 0 },
    { name: 'block', content: Buffer.alloc(512, 'x'), owner: 1000 },
  ]);
  const list = execFileSync('tar', ['--numeric-owner', '-tvf', '-'], { input: archive })
    .toString()
    .split('\n');
  expect(list[0]).toMatch(/^-r-------- 1000\/1000 +4 .* passwords$/);
  expect(list[1]).toMatch(/^-r-------- 0\/0 +0 .* empty$/);
  expect(execFileSync('tar', ['-xOf', '-', 'passwords'], { input: archive }).toString()).toBe('a:b\n');
  expect(execFileSync('tar', ['-xOf', '-', 'block'], { input: archive }).toString()).toBe('x'.repeat(512));
});

it('does not cut a name short', () => {
  expect(() => tar([{ name: 'n'.repeat(101), content: Buffer.alloc(0), owner: 0 }])).toThrow(TypeError);
});
