import fc from 'fast-check';
import { SuiteError } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { PartitionQueue, type Settled } from './partition-queue.js';
import { recordOf } from './record.fixture.js';

const refusal = new SuiteError('KAFKA_RECORD_REFUSED', 'no');

/** A queue of numbered records. */
function queueOf(count: number): PartitionQueue {
  const queue = new PartitionQueue('t', 0, { id: 1n, epoch: 0 });
  for (let i = 0; i < count; i++) {
    queue.push(recordOf({ value: Buffer.from(String(i)) }), () => {});
  }
  return queue;
}

const numbers = ({ records }: Settled) => records.map(({ value }) => Number(Buffer.from(value).toString()));

/** As a sender does: a batch of what the queue offers, at most `limit` records. */
function begin(queue: PartitionQueue, limit: number): number {
  const count = Math.min(queue.records.length, queue.maxRecords(limit));
  expect(count).toBeGreaterThanOrEqual(queue.minRecords);
  queue.begin(count, 100 * count);
  return count;
}

describe('PartitionQueue', () => {
  it('numbers batches one after the other, and keeps one that is not answered as it is', () => {
    const queue = queueOf(10);
    begin(queue, 3);
    expect([queue.sequence, queue.minRecords, queue.maxRecords(100)]).toEqual([0, 3, 3]);
    queue.push(recordOf(), () => {});
    expect([queue.minRecords, queue.maxRecords(100)]).toEqual([3, 3]);
    expect(numbers(queue.succeed())).toEqual([0, 1, 2]);
    expect([queue.sequence, queue.minRecords, queue.maxRecords(100)]).toEqual([3, 1, 100]);
  });

  it('begins to count anew after 2^31 records', () => {
    const queue = queueOf(2);
    queue.begin(2, 1);
    const big = 2 ** 31 - 1;
    for (let left = big; left > 0; left -= 2 ** 30) {
      queue.begin(Math.min(left, 2 ** 30), 1);
      queue.succeed();
    }
    expect(queue.sequence).toBe(big);
    queue.push(recordOf(), () => {});
    queue.push(recordOf(), () => {});
    queue.begin(2, 1);
    queue.succeed();
    expect(queue.sequence).toBe(1);
  });

  it('gives up exactly the records that are refused, and keeps the order of all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.func(fc.integer({ min: 0, max: 9 })),
        fc.integer({ min: 1, max: 60 }),
        (count, chance, limit) => {
          const isBad = (record: number) => chance(record) === 0;
          const queue = queueOf(count);
          const safe: number[] = [];
          const given: number[] = [];
          for (let requests = 0; queue.records.length > 0; requests++) {
            expect(requests).toBeLessThan(count * 10);
            begin(queue, limit);
            const batch = queue.records.slice(0, queue.minRecords);
            if (batch.some(({ value }) => isBad(Number(Buffer.from(value).toString())))) {
              for (const settled of queue.refuse(refusal)) {
                expect(settled.error).toBe(refusal);
                given.push(...numbers(settled));
              }
            } else {
              safe.push(...numbers(queue.succeed()));
            }
          }
          const all = Array.from({ length: count }, (_, i) => i);
          expect(safe).toEqual(all.filter((record) => !isBad(record)));
          expect(given).toEqual(all.filter(isBad));
          expect(queue.sequence).toBe(safe.length);
        },
      ),
    );
  });

  it('learns the size that the broker takes, unless a record alone was the reason', () => {
    const queue = queueOf(16);
    begin(queue, 16);
    queue.refuse(refusal);
    begin(queue, 16);
    queue.refuse(refusal);
    while (queue.records.length > 0) {
      expect(begin(queue, 16)).toBe(4);
      queue.succeed();
    }
    // Batches of 8 records, 800 bytes, were refused.
    expect(queue.maxBytes).toBe(400);

    const other = queueOf(2);
    begin(other, 2);
    other.refuse(refusal);
    begin(other, 2);
    other.refuse(refusal);
    begin(other, 2);
    other.succeed();
    expect(other.maxBytes).toBe(Number.POSITIVE_INFINITY);
  });

  it('needs another producer where the broker may have counted what is given up', () => {
    const refused = queueOf(1);
    begin(refused, 1);
    refused.failures = 1;
    refused.refuse(refusal);
    expect(refused.needsProducer).toBe(true);

    const underWay = queueOf(3);
    begin(underWay, 2);
    expect(numbers(underWay.giveUp(refusal))).toEqual([0, 1, 2]);
    expect(underWay.needsProducer).toBe(true);
    underWay.renew({ id: 2n, epoch: 0 });
    expect([underWay.needsProducer, underWay.sequence, underWay.producer?.id]).toEqual([false, 0, 2n]);

    const idle = queueOf(3);
    idle.giveUp(refusal);
    expect(idle.needsProducer).toBe(false);
  });
});
