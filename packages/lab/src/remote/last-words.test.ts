import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LastWords } from './last-words.js';

/** As Node.js 24 says it, shortened. */
const heapIsFull = `sensorsim-fleet: 20,000 devices

<--- Last few GCs --->

[7:0x18c91000]     5539 ms: Mark-Compact (reduce) 62.4 (65.6) -> 62.1 (64.8) MB, pooled: 0 MB, 383.99 / 0.00 ms
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0x9434f0  [node]
 2: 0x75f7fa node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]
`;

function after(...chunks: readonly string[]): string {
  const stream = new PassThrough();
  const words = new LastWords(stream);
  for (const chunk of chunks) {
    stream.emit('data', Buffer.from(chunk));
  }
  return words.quoted();
}

describe('last words', () => {
  it('are put behind a sentence, where there are any', () => {
    expect(after()).toBe('');
    expect(after('cannot ', 'go on\n')).toBe(':\ncannot go on');
  });

  it('leave out what V8 tells of itself when its heap is full', () => {
    expect(after(heapIsFull)).toBe(
      ':\nsensorsim-fleet: 20,000 devices\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    );
  });

  it('are bounded', () => {
    expect(after('x'.repeat(10_000)).length).toBeLessThan(4_100);
  });
});
