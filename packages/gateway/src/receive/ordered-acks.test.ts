import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OrderedAcks } from './ordered-acks.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it('sends every acknowledgement once, in the order of the messages, as soon as all before it are safe', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat({ max: 299 }), { minLength: 1, maxLength: 300 }),
      fc.array(fc.boolean(), { minLength: 1 }),
      async (order, turns) => {
        // Messages 0 to n become safe in a mixed order, with turns of the event loop in between.
        const count = Math.max(...order) + 1;
        const sequence = [
          ...order,
          ...Array.from({ length: count }, (_, i) => i).filter((i) => !order.includes(i)),
        ];
        let sent: number[] = [];
        const acks = new OrderedAcks((bytes) => {
          sent = [...sent, ...Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(i * 2))];
        });
        const safe = Array.from({ length: count }, (_, i) => acks.expect(Buffer.from([i >> 8, i & 0xff])));
        const done = new Set<number>();
        for (const [step, message] of sequence.entries()) {
          safe[message]?.();
          done.add(message);
          if (turns[step % turns.length]) {
            await nextTurn();
            let first = 0;
            while (done.has(first)) {
              first++;
            }
            expect(sent).toEqual(Array.from({ length: first }, (_, i) => i));
            expect(acks.pending).toBe(count - first);
          }
        }
        await nextTurn();
        expect(sent).toEqual(Array.from({ length: count }, (_, i) => i));
      },
    ),
    { numRuns: 50 },
  );
});

it('writes once what becomes safe in one turn', async () => {
  const writes: string[] = [];
  const acks = new OrderedAcks((bytes) => writes.push(bytes.toString()));
  const [a, b, c] = ['a', 'b', 'c'].map((text) => acks.expect(Buffer.from(text)));
  a?.();
  b?.();
  await nextTurn();
  c?.();
  await nextTurn();
  expect(writes).toEqual(['ab', 'c']);
});
