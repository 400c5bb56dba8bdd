import { z } from 'zod';
import { defineFault } from '../fault.js';
import { gatewayIsWell, topicIsAway } from '../recovery.js';

export const kafkaHang = defineFault({
  name: 'kafka.hang',
  title: 'The topic does not answer',
  description:
    "Kafka takes connections and requests and never answers, as behind a firewall that drops packets: bytes on the gateway's connections stand still, and go on after. The Kafka itself is not touched. Without a Kafka the embedded topic takes records and does not answer.",
  signal:
    'No error tells the gateway: only that answers stay out. With `ack: spool` records go to the spool after `hold`, and devices notice a pause of that length at most.',
  parameters: z.strictObject({}),
  forMs: 10_000,
  needs: ['gateway'],
  onContainers: {
    plays:
      "docker pause of the project's Kafka, for everyone who uses it, then docker unpause: also where the lab dies meanwhile.",
  },
  object: 'topic',
  start: async ({ host, kafka }) => {
    await kafka?.hold('both');
    if (kafka === undefined) {
      host?.setConditions({ topic: { ...host.conditions.topic, hanging: true } });
    }
  },
  stop: async ({ host, kafka }) => {
    await kafka?.hold('none');
    if (kafka === undefined) {
      host?.setConditions({ topic: { ...host.conditions.topic, hanging: undefined } });
    }
  },
  touched: (stage) => {
    const { topic, starts } = stage.host?.effects ?? { topic: 0, starts: 0 };
    return (stage.kafka?.delayed ?? 0) + topic + starts + (topicIsAway(stage) ? 1 : 0);
  },
  isRecovered: gatewayIsWell,
});
