import { gatewayOptions } from 'sensorsim-gateway';
import { defineOptions, optional } from 'sensorsim-shared';

const { kafka, kafkaTls, kafkaCa, kafkaCert, kafkaKey, kafkaSasl, kafkaUsername, kafkaPassword } =
  gatewayOptions;

/** How to reach a Kafka: the gateway's own settings, but without one there is no Kafka. */
export const kafkaOptions = defineOptions({
  kafka: {
    ...kafka,
    schema: optional(kafka.schema),
    description: 'the topic is in this Kafka; repeatable (default: a topic on disk)',
  },
  kafkaTls,
  kafkaCa,
  kafkaCert,
  kafkaKey,
  kafkaSasl,
  kafkaUsername,
  kafkaPassword,
});
