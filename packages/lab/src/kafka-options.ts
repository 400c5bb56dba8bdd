import { checkGatewayOptions, gatewayOptions } from 'sensorsim-gateway';
import { type ConfigSource, defineOptions, longFlagOf, type OptionValues, optional } from 'sensorsim-shared';

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

export type KafkaOptions = OptionValues<typeof kafkaOptions>;

/** Contradictions between the settings of Kafka, and settings of one that is not named. */
export function kafkaProblems(
  values: Partial<KafkaOptions>,
  sources: Readonly<Record<keyof KafkaOptions, ConfigSource>>,
): string[] {
  const { kafka, kafkaCert, kafkaKey, kafkaSasl, kafkaUsername, kafkaPassword } = values;
  if (kafka !== undefined || sources.kafka !== 'default') {
    // By name, because undefined here may also stand for a setting that is itself wrong.
    return checkGatewayOptions({ kafkaCert, kafkaKey, kafkaSasl, kafkaUsername, kafkaPassword });
  }
  return Object.entries(kafkaOptions)
    .filter(([name]) => sources[name as keyof KafkaOptions] === 'flag')
    .map(([, option]) => `${longFlagOf(option)}: needs --kafka`);
}
