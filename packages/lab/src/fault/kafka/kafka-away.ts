import { z } from 'zod';
import { defineFault } from '../fault.js';
import { gatewayIsWell, topicIsAway } from '../recovery.js';

export const kafkaAway = defineFault({
  name: 'kafka.away',
  title: 'The topic is away',
  description:
    "Kafka is gone for the gateway: every connection to it breaks, new ones are refused. The Kafka itself is not touched, the gateway's connections go through a relay. Without a Kafka the embedded topic is away: it takes nothing and says so.",
  signal:
    'With `ack: spool` devices notice nothing, and the spool grows, then drains in order. With `ack: kafka` no PUBACK comes until the topic is back.',
  parameters: z.strictObject({}),
  forMs: 10_000,
  needs: ['gateway'],
  onContainers: {
    plays:
      "The run's gateway is taken off the network of Kafka, and put back: the name of Kafka is not known then, and what stands hangs. Kafka itself goes on.",
  },
  object: 'topic',
  start: async ({ host, kafka }) => {
    if (kafka === undefined) {
      host?.setConditions({ topic: { ...host.conditions.topic, away: true } });
    } else {
      await kafka.refuse();
    }
  },
  stop: async ({ host, kafka }) => {
    if (kafka === undefined) {
      host?.setConditions({ topic: { ...host.conditions.topic, away: undefined } });
    } else {
      await kafka.admit();
    }
  },
  touched: (stage) => {
    const { topic, starts } = stage.host?.effects ?? { topic: 0, starts: 0 };
    return (stage.kafka?.broken ?? 0) + topic + starts + (topicIsAway(stage) ? 1 : 0);
  },
  isRecovered: gatewayIsWell,
});
