export type { CutTail } from './partition-log.js';
export { EmbeddedTopicReader, type PartitionRange, type ReadOptions } from './topic-reader.js';
export type { NewTopicRecord, TopicRecord } from './topic-record.js';
export { EmbeddedTopicWriter, type EmbeddedTopicWriterOptions } from './topic-writer.js';
