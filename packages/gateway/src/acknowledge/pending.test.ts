import { describe, expect, it } from 'vitest';
import { type Origin, Pending } from './pending.js';

class TestOrigin implements Origin {
  pendingRecords = 0;
  pendingBytes = 0;
  resumed = 0;
  onResume = (): void => {};
  constructor(
    readonly maxPendingRecords = Number.POSITIVE_INFINITY,
    readonly maxPendingBytes = Number.POSITIVE_INFINITY,
  ) {}
  resume(): void {
    this.resumed++;
    this.onResume();
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('Pending', () => {
  it.each([
    ['records', { maxRecords: 4, maxBytes: 1e9 }, 4, 10],
    ['bytes', { maxRecords: 1e9, maxBytes: 40 }, 4, 10],
  ])(
    'stops every connection at its bound of %s, and resumes at half of it',
    async (_, limits, count, bytes) => {
      const pending = new Pending(limits);
      const [busy, other] = [new TestOrigin(), new TestOrigin()];
      for (let i = 1; i < count; i++) {
        pending.enter(busy, bytes);
        expect(pending.mayRead(other)).toBe(true);
      }
      pending.enter(busy, bytes);
      expect([pending.mayRead(busy), pending.mayRead(other), pending.mayRead(other)]).toEqual([
        false,
        false,
        false,
      ]);
      expect([pending.paused, pending.pauses]).toEqual([2, 2]);
      pending.leave(busy, bytes);
      await nextTurn();
      expect(pending.mayRead(other)).toBe(false);
      pending.leave(busy, bytes);
      expect(busy.resumed).toBe(0);
      await nextTurn();
      expect([busy.resumed, other.resumed, pending.paused, pending.pauses]).toEqual([1, 1, 0, 2]);
      expect([pending.records, pending.bytes]).toEqual([2, 20]);
    },
  );

  it.each([
    ['records', new TestOrigin(2)],
    ['bytes', new TestOrigin(1e9, 20)],
  ])('stops one connection at its own bound of %s, and no other', async (_, origin) => {
    const pending = new Pending({ maxRecords: 1e9, maxBytes: 1e9 });
    pending.enter(origin, 10);
    expect(pending.mayRead(origin)).toBe(true);
    pending.enter(origin, 10);
    expect([pending.mayRead(origin), pending.mayRead(new TestOrigin(2))]).toEqual([false, true]);
    pending.leave(origin, 10);
    await nextTurn();
    expect([origin.resumed, pending.mayRead(origin)]).toEqual([1, true]);
  });

  it('resumes in turn: a connection that fills the whole again leaves the others waiting, and is behind them next time', async () => {
    const pending = new Pending({ maxRecords: 2, maxBytes: 1e9 });
    const order: string[] = [];
    const origins = ['a', 'b', 'c'].map((name) => {
      const origin = new TestOrigin();
      origin.onResume = () => {
        order.push(name);
        pending.enter(origin, 1);
        pending.enter(origin, 1);
        pending.mayRead(origin);
      };
      return origin;
    });
    const [first] = origins as [TestOrigin];
    pending.enter(first, 1);
    pending.enter(first, 1);
    for (const origin of origins) {
      pending.mayRead(origin);
    }
    for (let turn = 0; turn < 6; turn++) {
      const holder = origins.find(({ pendingRecords }) => pendingRecords > 0) as TestOrigin;
      pending.leave(holder, 1);
      pending.leave(holder, 1);
      await nextTurn();
    }
    expect(order.join('')).toBe('abcabc');
  });

  it('forgets a connection that is gone, but not what it has pending', async () => {
    const pending = new Pending({ maxRecords: 1, maxBytes: 1e9 });
    const gone = new TestOrigin();
    pending.enter(gone, 5);
    pending.mayRead(gone);
    pending.forget(gone);
    expect([pending.paused, pending.records, pending.bytes]).toEqual([0, 1, 5]);
    pending.leave(gone, 5);
    await nextTurn();
    expect([gone.resumed, pending.records, pending.bytes]).toEqual([0, 0, 0]);
  });
});
