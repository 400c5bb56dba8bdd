import { bytesField, durationField, numberField } from 'sensorsim-shared';
import { z } from 'zod';
import { defineFault } from '../fault.js';
import { linkIsWell } from '../recovery.js';

export const linkSlow = defineFault({
  name: 'link.slow',
  title: 'The link of the devices is slow',
  description:
    'Everything between sensors and gateway takes longer, on one line that all devices share, as on a cell network. Bytes of a connection keep their order. Lost packets show as TCP shows them: what comes after waits until they were sent again.',
  signal:
    'Latency from reading to PUBACK grows by twice the delay; arrival times scatter by the jitter. Where more is sent than the line takes, readings queue in the devices.',
  parameters: z.strictObject({
    latency: durationField({ min: 0, max: 60_000 }).default(200).describe('added in each direction, ms'),
    jitter: durationField({ min: 0, max: 60_000 })
      .default(50)
      .describe('added to that, from 0 to this, drawn anew for each piece of bytes, ms'),
    bandwidth: bytesField({ min: 100, max: 1024 ** 3 })
      .default(1024 ** 2)
      .describe('width of the line in each direction, for all devices together, bytes a second'),
    loss: numberField({ min: 0, max: 0.9 })
      .default(0)
      .describe('chance that a piece is lost and sent again 1 s later, 0 to 0.9'),
  }),
  forMs: 10_000,
  needs: ['link'],
  onContainers: {
    cannot: 'no engine slows a network down; link.hang lets it stand still',
  },
  object: 'speed of the link',
  start: ({ link, parameters: { latency, jitter, bandwidth, loss } }) =>
    link?.setQuality({
      ...link.quality,
      latencyMs: latency,
      jitterMs: jitter,
      lineBytesPerSecond: bandwidth,
      stallChance: loss,
      // RFC 6298, 2.4: the least time after which TCP sends a lost segment again.
      stallMs: 1_000,
    }),
  stop: ({ link }) => link?.setQuality({ resetChance: link.quality.resetChance }),
  touched: ({ link }) => link?.delayed ?? 0,
  isRecovered: linkIsWell,
});
