import { expect, it } from 'vitest';
import { createLog, RepeatedLog } from './log.js';

function logTo(options: { isTTY?: boolean; format?: 'auto' | 'text' | 'json' } = {}) {
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(text), isTTY: options.isTTY ?? false };
  return { log: createLog({ stream, level: 'info', format: options.format ?? 'auto' }), lines };
}

it.each([
  [{ isTTY: true }, /^\d\d:\d\d:\d\d warning odd \(code X, count 2\)\n$/],
  [{ format: 'text' as const }, /^\d\d:\d\d:\d\d warning odd \(code X, count 2\)\n$/],
  [{ isTTY: false }, /^\{"level":40,"time":\d+,"code":"X","count":2,"msg":"odd"\}\n$/],
  [{ isTTY: true, format: 'json' as const }, /^\{"level":40,.*\}\n$/],
])('writes lines for who reads them: %j', (options, line) => {
  const { log, lines } = logTo(options);
  log.warn({ code: 'X', count: 2 }, 'odd');
  expect(lines).toEqual([expect.stringMatching(line)]);
});

it('says the first of a kind at once, and then one line in 10 s with the number that it stands for', () => {
  const { log, lines } = logTo({ format: 'json' });
  let now = 0;
  const repeated = new RepeatedLog(log, () => now);
  for (now = 0; now < 25_000; now += 1_000) {
    repeated.warn('a', {}, 'a');
  }
  repeated.warn('b', {}, 'b');
  expect(lines.map((line) => JSON.parse(line)).map(({ msg, count }) => [msg, count])).toEqual([
    ['a', undefined],
    ['a', 10],
    ['a', 10],
    ['b', undefined],
  ]);
});
