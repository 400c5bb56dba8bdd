import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SuiteError } from 'sensorsim-shared';
import { z } from 'zod';
import { syncDirectory } from '../storage/sync-directory.js';
import { isTopicName } from './topic-record.js';

/*
 * DIR/@writer.lock                          one writer at a time; see `WriterLock`
 * DIR/<topic>/topic.json                    how many partitions: fixed when the topic is made
 * DIR/<topic>/<partition>/<base offset>.log segments
 */

/** `@` cannot stand in the name of a topic. */
export const lockFileName = '@writer.lock';

const metaSchema = z.strictObject({ version: z.literal(1), partitions: z.int().min(1).max(10_000) });

const segmentPattern = /^(\d{15})\.log$/;

export function segmentFileName(baseOffset: number): string {
  return `${String(baseOffset).padStart(15, '0')}.log`;
}

export function partitionDirectory(directory: string, topic: string, partition: number): string {
  return join(directory, topic, String(partition));
}

/** Base offsets of a partition's segments, ascending. None where there is no such folder yet. */
export async function listSegments(partitionDirectory: string): Promise<number[]> {
  const names = await unlessMissing(readdir(partitionDirectory), []);
  return names
    .map((name) => segmentPattern.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Names of the topics in a folder, sorted. None where there is no such folder. */
export async function listTopics(directory: string): Promise<string[]> {
  const entries = await unlessMissing(readdir(directory, { withFileTypes: true }), []);
  const topics: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() && isTopicName(entry.name)) {
      const partitions = await readPartitionCount(directory, entry.name);
      if (partitions !== undefined) {
        topics.push(entry.name);
      }
    }
  }
  return topics.sort();
}

/**
 * How many partitions a topic has; undefined where there is no such topic.
 * @throws {SuiteError} TOPIC_CORRUPT: its file says something else
 */
export async function readPartitionCount(directory: string, topic: string): Promise<number | undefined> {
  const path = join(directory, topic, 'topic.json');
  const text = await unlessMissing(readFile(path, 'utf8'), undefined);
  if (text === undefined) {
    return undefined;
  }
  try {
    return metaSchema.parse(JSON.parse(text)).partitions;
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new SuiteError('TOPIC_CORRUPT', `${path} does not describe a topic: ${detail}`, { cause });
  }
}

export async function writePartitionCount(
  directory: string,
  topic: string,
  partitions: number,
): Promise<void> {
  const path = join(directory, topic, 'topic.json');
  const content = JSON.stringify(metaSchema.parse({ version: 1, partitions }));
  // Whole or not at all, also for a reader that looks at this moment.
  await writeFile(`${path}.new`, `${content}\n`, { flush: true });
  await rename(`${path}.new`, path);
  await syncDirectory(join(directory, topic));
}

async function unlessMissing<T, F>(promise: Promise<T>, fallback: F): Promise<T | F> {
  try {
    return await promise;
  } catch (error) {
    if (isMissing(error)) {
      return fallback;
    }
    throw error;
  }
}

/** Whether an error says that a file is not there. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
