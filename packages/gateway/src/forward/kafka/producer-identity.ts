import { messageOf, SuiteError } from 'sensorsim-shared';
import type { Logger } from '../../observe/log.js';
import type { KafkaCluster } from './kafka-cluster.js';
import type { KafkajsError } from './kafkajs-internals.js';
import type { ProducerIdentity } from './produce-encoder.js';

const notAuthorized = new Set(['CLUSTER_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED']);

/**
 * A producer identity of our own, under which the brokers store each batch once. Undefined where the cluster does not
 * let this user have one (before Kafka 3.0 that took the right IDEMPOTENT_WRITE): batches then may be stored twice.
 * @throws {SuiteError} KAFKA_*: no node gives one; retryable
 */
export async function obtainProducer(
  cluster: KafkaCluster,
  log: Logger,
): Promise<ProducerIdentity | undefined> {
  let problem: unknown;
  for (const nodeId of cluster.nodeIds) {
    try {
      const { producerId, producerEpoch } = await cluster.ask(nodeId, (broker) =>
        broker.initProducerId({ transactionalId: null, transactionTimeout: 60_000 }),
      );
      return { id: BigInt(producerId), epoch: producerEpoch };
    } catch (error) {
      problem = error;
      if (notAuthorized.has((error as KafkajsError).type ?? '')) {
        log.warn(
          'Kafka gives this user no producer id: what is sent again after a fault may be stored twice',
        );
        return undefined;
      }
    }
  }
  throw problem instanceof SuiteError
    ? problem
    : new SuiteError('KAFKA_UNREACHABLE', `Kafka gives no producer id yet: ${messageOf(problem)}`, {
        retryable: true,
        cause: problem,
      });
}
