import { z } from 'zod';
import { defineFault } from '../fault.js';
import { gatewayIsWell } from '../recovery.js';

export const gatewayKill = defineFault({
  name: 'gateway.kill',
  title: 'The gateway dies',
  description:
    'SIGKILL ends the process of the gateway at once, as the kernel does when memory runs out: it writes and answers nothing more. After `for` it is started again on the same ports, spool and state, and again a moment later where what it needs is away.',
  signal:
    'Every connection breaks, new ones are refused. What was acknowledged arrives, from the spool too; what was under way and not acknowledged is sent again by the devices, and may come twice, marked.',
  parameters: z.strictObject({}),
  forMs: 2_000,
  needs: ['gateway'],
  onContainers: {
    plays: "docker kill of the run's gateway, then docker start of the same container: its volume stays.",
  },
  object: 'gateway process',
  start: ({ host }) => host?.kill('SIGKILL'),
  stop: ({ host, ending }) => host?.startPatiently(ending),
  touched: ({ host }) => host?.lives.filter(({ signal }) => signal === 'SIGKILL').length ?? 0,
  isRecovered: gatewayIsWell,
});
