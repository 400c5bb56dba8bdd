import { bytesField, durationField } from 'sensorsim-shared';
import { z } from 'zod';
import { defineFault } from '../fault.js';
import { gatewayIsWell } from '../recovery.js';

export const kafkaSlow = defineFault({
  name: 'kafka.slow',
  title: 'The topic is slow',
  description:
    "Everything to and from Kafka takes longer, on one line of a given width. The Kafka itself is not touched, the gateway's connections go through a relay. Without a Kafka each record reaches the embedded topic later, and so many payload bytes a second at most.",
  signal:
    'Latency to the topic grows by the delay. Where more comes than the line takes, records wait, then devices; with `ack: spool` the spool takes over after `hold`.',
  parameters: z.strictObject({
    latency: durationField({ min: 0, max: 60_000 })
      .default(200)
      .describe('added to the way to Kafka, and to the way back; once, to an embedded topic; ms'),
    bandwidth: bytesField({ min: 100, max: 1024 ** 3 })
      .default(1024 ** 2)
      .describe('width of the line in each direction, bytes a second'),
  }),
  forMs: 10_000,
  needs: ['gateway'],
  onContainers: {
    cannot: 'no engine slows a network down; kafka.hang lets Kafka stand still',
  },
  object: 'speed of the topic',
  start: ({ host, kafka, parameters: { latency, bandwidth } }) => {
    kafka?.setQuality({ latencyMs: latency, lineBytesPerSecond: bandwidth });
    if (kafka === undefined) {
      host?.setConditions({
        topic: { ...host.conditions.topic, latencyMs: latency, bytesPerSecond: bandwidth },
      });
    }
  },
  stop: ({ host, kafka }) => {
    kafka?.setQuality({});
    if (kafka === undefined) {
      host?.setConditions({
        topic: { ...host.conditions.topic, latencyMs: undefined, bytesPerSecond: undefined },
      });
    }
  },
  touched: ({ host, kafka }) => (kafka === undefined ? (host?.effects.topic ?? 0) : kafka.delayed),
  isRecovered: gatewayIsWell,
});
