import { z } from 'zod';
import { defineFault } from '../fault.js';
import { gatewayIsWell } from '../recovery.js';

export const gatewayRestart = defineFault({
  name: 'gateway.restart',
  title: 'The gateway is restarted',
  description:
    'SIGTERM asks the gateway to end, as an update does: it takes nothing new and gives what is pending `stop-timeout` to become safe. After `for` it is started again on the same ports, spool and state.',
  signal:
    'Every connection ends, new ones are refused for a while. Nothing that was acknowledged is lost, and next to nothing comes twice.',
  parameters: z.strictObject({}),
  forMs: 1_000,
  needs: ['gateway'],
  onContainers: {
    plays: "docker stop of the run's gateway, then docker start.",
  },
  object: 'gateway process',
  start: ({ host }) => host?.kill('SIGTERM'),
  stop: ({ host, ending }) => host?.startPatiently(ending),
  touched: ({ host }) => host?.lives.filter(({ endedAt }) => endedAt !== undefined).length ?? 0,
  isRecovered: gatewayIsWell,
});
