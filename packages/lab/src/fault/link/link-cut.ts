import { z } from 'zod';
import { defineFault } from '../fault.js';
import { linkIsWell } from '../recovery.js';

export const linkCut = defineFault({
  name: 'link.cut',
  title: 'The link of the devices is cut',
  description:
    'Every connection between sensors and gateway breaks, and so does every new one, until `for` is over. The gateway runs on.',
  signal:
    'The gateway sees its clients leave without DISCONNECT (last wills are published), and then all come back at once. Devices wait from 0.5 s to 30 s between attempts, longer after each. Readings meanwhile wait in the devices, or are skipped where their memory is full.',
  parameters: z.strictObject({}),
  forMs: 5_000,
  needs: ['link'],
  onContainers: {
    plays:
      "The run's gateway is taken off the network of the sensors, as by a cable that is pulled: no connection is told. Those that stand may go on afterwards, where the engine gives the gateway its address back.",
  },
  object: 'link',
  start: ({ link }) => link?.cut(),
  stop: ({ link }) => link?.mend(),
  touched: ({ link }) => link?.broken ?? 0,
  isRecovered: linkIsWell,
});
