import { choiceField, durationField } from 'sensorsim-shared';
import { z } from 'zod';
import { defineFault } from '../fault.js';
import { gatewayIsWell } from '../recovery.js';

export const clockJump = defineFault({
  name: 'clock.jump',
  title: "The gateway's clock jumps",
  description:
    "The gateway's clock is off from one moment to the next, and right again after `for`: what it stamps and every age that it measures follow, also in a gateway that is started meanwhile. Its timers, and the clocks of the sensors and of the lab, do not.",
  signal:
    '`received-at` of the records jumps and comes back, so that arrival and device time differ by the jump; records keep their order in the topic. Latencies that span the jump are counted wrong.',
  parameters: z.strictObject({
    by: durationField({ min: 1, max: 365 * 86_400_000 })
      .default(3_600_000)
      .describe('how far the clock jumps, ms'),
    direction: choiceField(['forward', 'back'])
      .default('forward' as never)
      .describe('forward: the clock is ahead; back: it is behind'),
  }),
  forMs: 10_000,
  needs: ['gateway'],
  onContainers: {
    cannot: 'a clock is moved from inside a gateway, and containers have that of their host',
  },
  object: 'gateway clock',
  start: ({ host, parameters: { by, direction } }) =>
    host?.setConditions({ clockOffsetMs: direction === 'forward' ? by : -by }),
  stop: ({ host }) => host?.setConditions({ clockOffsetMs: 0 }),
  touched: ({ host }) => (host?.conditions.clockOffsetMs === 0 ? 0 : 1),
  isRecovered: gatewayIsWell,
});
