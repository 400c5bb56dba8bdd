import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FateBatch, readFates } from './fate-batch.js';
import { type Frame, FrameReader, type FrameTag, frameHeader } from './frame.js';

const frameOf = fc.record({
  tag: fc.constantFrom<FrameTag>('M', 'R', 'C', 'F'),
  count: fc.nat(99_999_999),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

function encoded({ tag, count, payload }: Frame): Buffer {
  return Buffer.concat([Buffer.from(frameHeader(tag, payload.length, count)), payload]);
}

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frameOf), fc.array(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(encoded));
        const read: Frame[] = [];
        const reader = new FrameReader((frame) => read.push(frame));
        let at = 0;
        for (const cut of cuts) {
          reader.push(stream.subarray(at, at + cut));
          at = Math.min(stream.length, at + cut);
        }
        reader.push(stream.subarray(at));
        expect(read).toEqual(frames);
      }),
    );
  });

  it.each([
    ['a greeting', 'Welcome!\n'],
    ['another tag', 'X 3 1\nabc'],
    ['a size without end', 'M 99999999 1\n'],
    ['a header without end', 'M'.repeat(100)],
    ['a negative size', 'M -3 1\n'],
    ['binary', '\u0001\u0000\u0000\u0010\n'],
  ])('are not mistaken for %s, of which the error shows the beginning', (_, text) => {
    const reader = new FrameReader(() => {});
    expect(() => reader.push(Buffer.from(text))).toThrow(
      expect.objectContaining({
        code: 'FLEET_MISMATCH',
        message: expect.stringContaining(JSON.stringify(text.slice(0, 3)).slice(1, 3)),
      }),
    );
  });

  it('never fail but by FLEET_MISMATCH, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
        const reader = new FrameReader(() => {});
        try {
          for (const chunk of chunks) {
            reader.push(Buffer.from(chunk));
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'FLEET_MISMATCH' });
        }
      }),
    );
  });
});

describe('fates', () => {
  it('keep every bit of their times, NaN among them', () => {
    const fate = fc.tuple(fc.nat(0xffff_ffff), fc.double(), fc.double());
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 50 }), (fates) => {
        const batch = new FateBatch();
        for (const [device, due, elapsedMs] of fates) {
          batch.add(device, due, elapsedMs);
        }
        expect(batch.count).toBe(fates.length);
        const read: unknown[] = [];
        readFates(batch.take(), (...one) => read.push(one));
        expect(read).toEqual(fates);
        expect(batch.count).toBe(0);
      }),
    );
  });
});
