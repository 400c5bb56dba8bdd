import { numberField } from 'sensorsim-shared';
import { z } from 'zod';
import { defineFault } from '../fault.js';
import { linkIsWell } from '../recovery.js';

export const linkReset = defineFault({
  name: 'link.reset',
  title: 'Connections of the devices break at random',
  description:
    'Each piece of bytes between sensors and gateway is with some chance the last one of its connection, which is then reset, as by a lossy radio or a router that loses its table. New connections pass.',
  signal:
    'Clients leave without DISCONNECT and come back; what was sent and not acknowledged comes again with DUP. Nothing acknowledged is lost.',
  parameters: z.strictObject({
    chance: numberField({ min: 0, max: 1 })
      .default(0.01)
      .describe('of each piece of bytes (about a packet) to be the last, 0 to 1'),
  }),
  forMs: 10_000,
  needs: ['link'],
  onContainers: {
    cannot: 'no engine breaks single connections; link.cut takes all of them away',
  },
  object: 'soundness of the link',
  start: ({ link, parameters: { chance } }) => link?.setQuality({ ...link.quality, resetChance: chance }),
  stop: ({ link }) => link?.setQuality({ ...link.quality, resetChance: undefined }),
  touched: ({ link }) => link?.broken ?? 0,
  isRecovered: linkIsWell,
});
