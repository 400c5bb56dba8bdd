/**
 * Prints the value of each record of a topic, one a line, partition by partition in the order of their offsets:
 * `node topic-values.js BOOTSTRAP TOPIC`. To be run in the network namespace of a host; joins no consumer group.
 */
import { KafkaTopicReader, kafkaConnection } from 'sensorsim-gateway';

const [bootstrap = '', topic = ''] = process.argv.slice(2);
const plain = {
  kafkaTls: false,
  kafkaCa: undefined,
  kafkaCert: undefined,
  kafkaKey: undefined,
  kafkaSasl: undefined,
  kafkaUsername: undefined,
  kafkaPassword: undefined,
};
const connection = kafkaConnection({ kafka: [bootstrap], ...plain }, 'topic-values');
const reader = new KafkaTopicReader({ connection });
for (const { partition } of await reader.partitions(topic)) {
  for await (const { value } of reader.read(topic, partition)) {
    process.stdout.write(`${value?.toString() ?? ''}\n`);
  }
}
await reader.close();
