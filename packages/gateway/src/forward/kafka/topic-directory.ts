import { SuiteError } from 'sensorsim-shared';
import type { KafkaCluster } from './kafka-cluster.js';
import { apiKeys, createErrorFromCode, type MetadataResponse, requests } from './kafkajs-internals.js';

// Codes of the protocol (https://kafka.apache.org/protocol#protocol_error_codes).
const none = 0;
const unknownTopicOrPartition = 3;
const invalidTopic = 17;
const topicAuthorizationFailed = 29;
const clusterAuthorizationFailed = 31;
const topicAlreadyExists = 36;

const createTimeoutMs = 5_000;

/**
 * What a cluster says of a topic. `leaders`: the node of each partition, -1 where there is none at present. `missing`: it
 * does not exist. `refused`: it cannot be used, and asking again will not help. `unclear`: ask again.
 */
export type TopicState =
  | { readonly kind: 'present'; readonly leaders: readonly number[] }
  | { readonly kind: 'missing' | 'unclear' }
  | { readonly kind: 'refused'; readonly error: SuiteError };

/** @throws {SuiteError} KAFKA_*: no node answers */
export async function describeTopics(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<Map<string, TopicState>> {
  const { topicMetadata } = await cluster.metadata(topics);
  return new Map(topicMetadata.map((entry) => [entry.topic, stateOf(entry)]));
}

function stateOf({
  topic,
  topicErrorCode,
  partitionMetadata,
}: MetadataResponse['topicMetadata'][number]): TopicState {
  switch (topicErrorCode) {
    case none: {
      const leaders = new Array<number>(partitionMetadata.length).fill(-1);
      for (const { partitionId, leader } of partitionMetadata) {
        leaders[partitionId] = leader;
      }
      return leaders.length === 0 ? { kind: 'unclear' } : { kind: 'present', leaders };
    }
    case unknownTopicOrPartition:
      return { kind: 'missing' };
    case invalidTopic: {
      const message = `Kafka does not take "${topic}" as the name of a topic`;
      return { kind: 'refused', error: new SuiteError('KAFKA_TOPIC_MISSING', message) };
    }
    case topicAuthorizationFailed:
      return { kind: 'refused', error: notAuthorized(`use the topic ${topic}`) };
    default:
      return { kind: 'unclear' };
  }
}

export interface NewTopicSettings {
  readonly partitions: number;
  /** Copies of each partition; -1: as the cluster is set. */
  readonly replication: number;
}

/**
 * Creates a topic; one that is there already is left as it is.
 * @throws {SuiteError} KAFKA_TOPIC_NOT_CREATED, KAFKA_NOT_AUTHORIZED; KAFKA_*: the node does not answer
 */
export async function createTopic(
  cluster: KafkaCluster,
  topic: string,
  { partitions, replication }: NewTopicSettings,
): Promise<void> {
  const { controllerId } = await cluster.metadata([topic]);
  const { errorCode, errorMessage } = await cluster.ask(controllerId, async (broker) => {
    const { request, response } = broker.lookupRequest(
      apiKeys.CreateTopics,
      requests.CreateTopics,
    )({
      topics: [{ topic, numPartitions: partitions, replicationFactor: replication }],
      timeout: createTimeoutMs,
    });
    // kafkajs would drop what the broker says in words.
    const unchecked = { request, response: { decode: response.decode, parse: async (data: never) => data } };
    const { topicErrors } = (await broker.connectionPool.send(unchecked)) as CreateTopicsResponse;
    return topicErrors[0] ?? { errorCode: none };
  });
  if (errorCode === none || errorCode === topicAlreadyExists) {
    return;
  }
  if (errorCode === topicAuthorizationFailed || errorCode === clusterAuthorizationFailed) {
    throw notAuthorized(`create the topic ${topic}`);
  }
  const { message, retriable = false } = createErrorFromCode(errorCode);
  const asked = `${partitions} partitions, replication ${replication === -1 ? 'as the cluster is set' : replication}`;
  throw new SuiteError(
    'KAFKA_TOPIC_NOT_CREATED',
    `Kafka does not create the topic ${topic} (${asked}): ${errorMessage ?? message}`,
    { retryable: retriable },
  );
}

interface CreateTopicsResponse {
  readonly topicErrors: readonly { readonly errorCode: number; readonly errorMessage?: string | null }[];
}

function notAuthorized(what: string): SuiteError {
  return new SuiteError('KAFKA_NOT_AUTHORIZED', `Kafka does not let this user ${what}`);
}

/** The error of a topic that is missing and is not to be created. */
export function missingTopic(topic: string, hint?: string): SuiteError {
  return new SuiteError(
    'KAFKA_TOPIC_MISSING',
    `Kafka has no topic ${topic}`,
    hint === undefined ? {} : { hint },
  );
}
