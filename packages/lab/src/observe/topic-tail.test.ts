import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedTopicReader, EmbeddedTopicWriter } from 'sensorsim-gateway';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TopicTail } from './topic-tail.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lab-tail-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('TopicTail', () => {
  it('counts what arrives by partition, and dead letters apart, also in topics that come later', async () => {
    const writer = new EmbeddedTopicWriter({ directory, partitions: 2 });
    await writer.start();
    const tail = new TopicTail(new EmbeddedTopicReader(directory));
    tail.start();
    const append = (topic: string, key: string) =>
      new Promise<void>((resolve, reject) => {
        const record = { key, value: Buffer.from('x'), headers: {}, timestamp: 0 };
        writer.append(topic, record, (error) => (error === undefined ? resolve() : reject(error)));
      });
    for (let i = 0; i < 20; i++) {
      await append('t', `device-${i}`);
    }
    await append('t.dead-letter', 'device-1');
    await vi.waitFor(() => {
      expect(tail.records).toBe(20);
      expect(tail.deadLetters).toBe(1);
    }, 5_000);
    expect(tail.partitions).toHaveLength(2);
    expect(Math.min(...tail.partitions)).toBeGreaterThan(0);
    await tail.stop();
    await writer.stop(1_000);
  });
});
