import { z } from 'zod';
import { defineFault } from '../fault.js';
import { gatewayIsWell } from '../recovery.js';

export const gatewayPause = defineFault({
  name: 'gateway.pause',
  title: 'The gateway stands still',
  description:
    'SIGSTOP halts the process of the gateway, as a frozen virtual machine or a swapping host does: its sockets stay open and nothing is read or answered. SIGCONT lets it go on.',
  signal:
    'No PUBACK and no PINGRESP; connections seem to stand. Devices reconnect in vain once a ping is not answered. Then all that waited comes at once, late.',
  parameters: z.strictObject({}),
  forMs: 5_000,
  needs: ['gateway'],
  onContainers: {
    plays: "docker pause of the run's gateway, then docker unpause.",
  },
  object: 'gateway process',
  start: ({ host }) => host?.pause(),
  stop: ({ host }) => host?.resume(),
  touched: ({ host }) => (host?.isPaused === true ? 1 : 0),
  isRecovered: gatewayIsWell,
});
