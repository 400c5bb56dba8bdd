import {
  bytesField,
  choiceField,
  defineOptions,
  durationField,
  integerField,
  listField,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { parseBrokerAddress, saslMechanisms } from './kafka/kafka-settings.js';
import { compressions } from './kafka/produce-encoder.js';
import { parseSinkTarget, targetForms } from './sink-target.js';

function targetProblem(text: string): string | undefined {
  const target = parseSinkTarget(text);
  return 'problem' in target ? target.problem : undefined;
}

function brokerProblem(text: string): string | undefined {
  return parseBrokerAddress(text) === undefined ? 'is not host:port' : undefined;
}

/** Where records go, and what the sinks have in common. */
export const sinkOptions = defineOptions({
  to: {
    flags: '--to <sink>',
    schema: withDefault(textField(targetProblem), 'kafka'),
    description: `Where records go: ${targetForms}. topic is a topic on disk, without a server; file and stdout get a JSON line a record`,
    group: 'Forward',
  },
  partitions: {
    flags: '--partitions <n>',
    schema: withDefault(integerField({ min: 1, max: 10_000 }), 4),
    description: 'partitions of topics that are created; those that exist keep theirs',
    group: 'Forward',
  },
  createTopics: {
    flags: '--no-create-topics',
    schema: withDefault(switchField(), true),
    description: 'create no topics in Kafka; those that are missing are an error',
    group: 'Kafka',
  },
  replication: {
    flags: '--replication <n>',
    schema: optional(integerField({ min: 1, max: 100 })),
    description:
      'copies of each partition of topics that are created in Kafka; absent: what the cluster does by default',
    group: 'Kafka',
  },
  kafka: {
    flags: '--kafka <host:port>',
    schema: withDefault(listField(textField(brokerProblem)), ['127.0.0.1:9092']),
    description: 'Kafka brokers to ask for the others. Repeatable',
    group: 'Kafka',
    list: true,
  },
  kafkaTls: {
    flags: '--kafka-tls',
    schema: withDefault(switchField(), false),
    description: 'speak TLS to Kafka; implied by --kafka-ca and --kafka-cert',
    group: 'Kafka',
  },
  kafkaCa: {
    flags: '--kafka-ca <path>',
    schema: optional(textField()),
    description:
      'authorities (PEM) that may have signed the certificates of the brokers; absent: those of Node.js',
    group: 'Kafka',
    complete: 'file',
  },
  kafkaCert: {
    flags: '--kafka-cert <path>',
    schema: optional(textField()),
    description: 'client certificate (PEM) to show to the brokers',
    group: 'Kafka',
    complete: 'file',
  },
  kafkaKey: {
    flags: '--kafka-key <path>',
    schema: optional(textField()),
    description: 'private key (PEM) of --kafka-cert',
    group: 'Kafka',
    complete: 'file',
  },
  kafkaSasl: {
    flags: '--kafka-sasl <mechanism>',
    schema: optional(choiceField(saslMechanisms)),
    description: `log in to Kafka with this mechanism: ${saslMechanisms.join(', ')}`,
    group: 'Kafka',
    complete: saslMechanisms,
  },
  kafkaUsername: {
    flags: '--kafka-username <name>',
    schema: optional(textField()),
    description: 'user name for --kafka-sasl',
    group: 'Kafka',
  },
  kafkaPassword: {
    flags: '--kafka-password <password>',
    schema: optional(textField()),
    description: 'password for --kafka-sasl',
    group: 'Kafka',
    secret: true,
  },
  kafkaWait: {
    flags: '--kafka-wait <duration>',
    schema: withDefault(durationField({ min: 0, max: 86_400_000 }), 5_000),
    shownDefault: '5s',
    description: 'how long to wait at the start for a Kafka that cannot be reached',
    group: 'Kafka',
  },
  batchRecords: {
    flags: '--batch-records <n>',
    schema: withDefault(integerField({ min: 1, max: 1_000_000 }), 5_000),
    description: 'largest batch of a partition, in records',
    group: 'Kafka',
  },
  batchBytes: {
    flags: '--batch-bytes <bytes>',
    schema: withDefault(bytesField({ min: 1024, max: 64 * 1024 ** 2 }), 512 * 1024),
    shownDefault: '512K',
    description: 'largest batch of a partition, in bytes',
    group: 'Kafka',
  },
  linger: {
    flags: '--linger <duration>',
    schema: withDefault(durationField({ min: 0, max: 60_000 }), 0),
    shownDefault: '0ms',
    description:
      'how long a batch waits to fill; 0: it goes at once, and the next holds what piled up meanwhile. A few ms spare Kafka requests at low rates',
    group: 'Kafka',
  },
  compression: {
    flags: '--compression <codec>',
    schema: withDefault(choiceField(compressions), 'none'),
    description: `how batches are compressed: ${compressions.join(', ')}`,
    group: 'Kafka',
    complete: compressions,
  },
  retention: {
    flags: '--retention <duration>',
    schema: optional(durationField({ min: 1_000 })),
    description: 'age at which records of a topic on disk may go; absent: never',
    group: 'Forward',
  },
  retentionBytes: {
    flags: '--retention-bytes <bytes>',
    schema: optional(bytesField({ min: 1024 })),
    description: 'size at which the oldest records of a partition on disk go; absent: none',
    group: 'Forward',
  },
});

export type SinkOptions = OptionValues<typeof sinkOptions>;
