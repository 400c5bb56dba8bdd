/** A record to be appended. */
export interface NewTopicRecord {
  /** Chooses the partition: a key's records keep their order. */
  readonly key: string;
  readonly value: Uint8Array;
  /** Names and values are UTF-8 text. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** A record as it is read back. */
export interface TopicRecord extends NewTopicRecord {
  readonly topic: string;
  /** From 0. */
  readonly partition: number;
  /** Counts the records of a partition from 0, +1 each, for ever: retention changes no offset. */
  readonly offset: number;
}

/** As in Kafka, so that a name good here is good there. */
const topicNamePattern = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

export function isTopicName(name: string): boolean {
  return topicNamePattern.test(name);
}
