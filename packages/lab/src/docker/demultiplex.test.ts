import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { demultiplex } from './demultiplex.js';

function piece(stream: number, content: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([header, Buffer.from(content)]);
}

it.each([1, 3, 8, 9, 4_096])('takes streams apart, however they were cut: every %i bytes', async (size) => {
  const all = Buffer.concat([
    piece(1, 'one, '),
    piece(2, 'oh'),
    piece(1, ''),
    piece(1, 'two'),
    piece(2, ' no'),
  ]);
  const source = new PassThrough();
  const { output, errors } = demultiplex(source);
  const texts = Promise.all([text(output), text(errors)]);
  for (let at = 0; at < all.length; at += size) {
    source.write(all.subarray(at, at + size));
  }
  source.end();
  expect(await texts).toEqual(['one, two', 'oh no']);
});

it('takes no more than its reader does, so that the container is slowed down', async () => {
  const source = new PassThrough();
  const { output, errors } = demultiplex(source);
  errors.resume();
  let written = 0;
  for (let open = true; open && written < 100; written++) {
    open = source.write(piece(1, 'x'.repeat(64 * 1024)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(written).toBeLessThan(10);
  const read = text(output);
  source.end();
  expect((await read).length).toBe(written * 64 * 1024);
});

it('ends both where the way to the engine breaks', async () => {
  const source = new PassThrough();
  const { output, errors } = demultiplex(source);
  const texts = Promise.all([text(output), text(errors)]);
  source.write(piece(1, 'so far'));
  await new Promise((resolve) => setImmediate(resolve));
  source.destroy(new Error('reset'));
  expect(await texts).toEqual(['so far', '']);
});
