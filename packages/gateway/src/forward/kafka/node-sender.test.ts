import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NodeSender, type NodeSenderOptions } from './node-sender.js';
import { PartitionQueue } from './partition-queue.js';
import { type BatchRequest, ProduceEncoder } from './produce-encoder.js';
import { recordOf } from './record.fixture.js';
import { RecordFrames } from './record-frames.js';

/** A node that answers when told to, and remembers what it was sent. */
class FakeNode {
  readonly requests: { batches: string[]; answer: (error?: Error) => Promise<void> }[] = [];
  batches: string[] = [];

  send(): Promise<never> {
    const batches = this.batches;
    this.batches = [];
    return new Promise((resolve, reject) => {
      const answer = async (error?: Error) => {
        error === undefined ? resolve([] as never) : reject(error);
        await turn();
      };
      this.requests.push({ batches, answer });
    });
  }

  get last() {
    return this.requests.at(-1)!;
  }
}

interface Rig {
  readonly node: FakeNode;
  readonly sender: NodeSender;
  readonly safe: string[];
  /** Queues a record. */
  add(queue: PartitionQueue, value: string): void;
}

function rigOf(limits: Partial<NodeSenderOptions['limits']> = {}): Rig {
  const node = new FakeNode();
  const safe: string[] = [];
  /** The real one, which also tells what it was given. */
  class TellingEncoder extends ProduceEncoder {
    override add(batch: BatchRequest): number {
      const count = super.add(batch);
      const values = batch.records.slice(0, count).map(({ value }) => Buffer.from(value).toString().trim());
      node.batches.push(`${batch.topic}-${batch.partition}@${batch.sequence}: ${values.join(' ')}`);
      return count;
    }
  }
  const sender: NodeSender = new NodeSender({
    nodeId: 1,
    cluster: { ask: () => node.send() },
    clientId: 'c',
    encoder: new TellingEncoder({ frames: new RecordFrames('g'), compression: 'none', headBytes: 15 }),
    limits: { batchRecords: 100, batchBytes: 1_000_000, lingerMs: 0, ...limits },
    now: () => performance.now(),
    answered: (sent) =>
      sent.map((queue) => {
        const settled = queue.succeed();
        queue.engaged = false;
        if (queue.records.length > 0) {
          sender.list(queue);
        }
        return settled;
      }),
    report: (settled) => {
      safe.push(
        ...settled.flatMap(({ records }) => records.map(({ value }) => Buffer.from(value).toString())),
      );
    },
    unanswered: () => {},
    moved: (queue) => {
      queue.engaged = false;
    },
  });
  return {
    node,
    sender,
    safe,
    add: (queue, value) => {
      queue.push(recordOf({ value: Buffer.from(value) }), () => {});
      if (!queue.engaged) {
        sender.list(queue);
      }
    },
  };
}

function queueOf(partition: number, topic = 't'): PartitionQueue {
  const queue = new PartitionQueue(topic, partition, { id: 1n, epoch: 0 });
  queue.leader = 1;
  return queue;
}

describe('NodeSender', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends what came in one turn together, and what came meanwhile after the answer', async () => {
    const { node, add, safe } = rigOf();
    const [a, b] = [queueOf(0), queueOf(1)];
    add(a, 'a1');
    add(b, 'b1');
    add(a, 'a2');
    await turn();
    expect(node.last.batches).toEqual(['t-0@0: a1 a2', 't-1@0: b1']);
    add(a, 'a3');
    add(a, 'a4');
    await turn();
    expect(node.requests).toHaveLength(1);
    expect(safe).toEqual([]);
    await node.last.answer();
    expect(safe).toEqual(['a1', 'a2', 'b1']);
    expect(node.last.batches).toEqual(['t-0@2: a3 a4']);
    await node.last.answer();
    expect(node.requests).toHaveLength(2);
  });

  it('sends an unanswered batch again as it was, before anything newer, with growing pauses', async () => {
    const { node, add, safe } = rigOf();
    const a = queueOf(0);
    add(a, 'a1');
    await turn();
    add(a, 'a2');
    for (const pauseMs of [100, 200, 400, 800, 1_600, 2_000, 2_000]) {
      await node.last.answer(new Error('gone'));
      const sent = node.requests.length;
      await vi.advanceTimersByTimeAsync(pauseMs - 1);
      expect(node.requests).toHaveLength(sent);
      await vi.advanceTimersByTimeAsync(1);
      expect(node.requests).toHaveLength(sent + 1);
      expect(node.last.batches).toEqual(['t-0@0: a1']);
    }
    await node.last.answer();
    expect(safe).toEqual(['a1']);
    expect(node.last.batches).toEqual(['t-0@1: a2']);
  });

  it('lets records wait for others, unless a batch is full', async () => {
    const { node, sender, add } = rigOf({ lingerMs: 50, batchRecords: 3 });
    const a = queueOf(0);
    add(a, 'a1');
    await vi.advanceTimersByTimeAsync(49);
    add(a, 'a2');
    await turn();
    expect(node.requests).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(node.last.batches).toEqual(['t-0@0: a1 a2']);
    await node.last.answer();
    for (const value of ['a3', 'a4', 'a5']) {
      add(a, value);
    }
    sender.hurry();
    expect(node.last.batches).toEqual(['t-0@2: a3 a4 a5']);
  });

  it('deals a request out fairly when there is more than it holds', async () => {
    const { node, add } = rigOf();
    const queues = Array.from({ length: 5 }, (_, i) => queueOf(i, i % 2 === 0 ? 'even' : 'odd'));
    const large = (name: string) => name.padEnd(400_000);
    for (const queue of queues) {
      add(queue, large('1'));
      add(queue, large('2'));
    }
    await turn();
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) {
      seen.push(...node.last.batches);
      await node.last.answer();
    }
    // Each had its turn once before any had it twice.
    expect(
      seen
        .slice(0, 5)
        .map((batch) => batch.split('@')[0])
        .sort(),
    ).toEqual(['even-0', 'even-2', 'even-4', 'odd-1', 'odd-3']);
  });

  it('hands a partition back that has moved, and stops without a trace', async () => {
    const { node, sender, add } = rigOf();
    const [a, b] = [queueOf(0), queueOf(1)];
    add(a, 'a1');
    add(b, 'b1');
    await turn();
    await node.last.answer(new Error('gone'));
    b.leader = 2;
    sender.release();
    expect([a.engaged, b.engaged]).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(100);
    expect(node.last.batches).toEqual(['t-0@0: a1']);
    sender.stop();
    await node.last.answer(new Error('closed'));
    expect(vi.getTimerCount()).toBe(0);
  });
});
