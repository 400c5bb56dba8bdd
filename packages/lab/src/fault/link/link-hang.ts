import { choiceField } from 'sensorsim-shared';
import { z } from 'zod';
import { defineFault } from '../fault.js';
import { linkIsWell } from '../recovery.js';

export const linkHang = defineFault({
  name: 'link.hang',
  title: 'Bytes of the devices stand still',
  description:
    'Nothing passes between sensors and gateway and nobody is told, as behind a firewall that drops packets. Connections stay open; what was sent arrives when `for` is over.',
  signal:
    'No packet arrives; the gateway disconnects clients once 1.5 times their keep-alive has passed, devices give up when a ping is not answered. After that everything comes at once, late.',
  parameters: z.strictObject({
    direction: choiceField(['both', 'to-server', 'to-client'])
      .default('both' as never)
      .describe('which way stands still: to-server (readings), to-client (acknowledgements), both'),
  }),
  forMs: 10_000,
  needs: ['link'],
  onContainers: {
    plays: 'As link.cut, and both ways only.',
  },
  object: 'link',
  start: ({ link, parameters: { direction } }) => link?.hold(direction),
  stop: ({ link }) => link?.hold('none'),
  touched: ({ link }) => link?.delayed ?? 0,
  isRecovered: linkIsWell,
});
