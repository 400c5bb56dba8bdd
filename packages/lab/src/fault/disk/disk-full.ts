import { choiceField } from 'sensorsim-shared';
import { z } from 'zod';
import { defineFault } from '../fault.js';
import { gatewayIsWell } from '../recovery.js';

export const diskFull = defineFault({
  name: 'disk.full',
  title: "The spool's disk is full",
  description:
    "Every write to the gateway's spool fails, as on a full disk; what is there can be read. No disk is filled: the writes fail inside the gateway's process. The spool is written only while the topic is slow or away, so that this fault shows together with kafka.away, kafka.hang or kafka.slow.",
  signal:
    'While the topic is away too, nothing becomes safe: the gateway is not ready, no PUBACK comes, devices wait. Nothing that was acknowledged is lost.',
  parameters: z.strictObject({
    error: choiceField(['ENOSPC', 'EIO', 'EROFS'])
      .default('ENOSPC' as never)
      .describe('what writes fail with: ENOSPC (full), EIO (broken), EROFS (read-only)'),
  }),
  forMs: 10_000,
  needs: ['gateway', 'spool'],
  onContainers: {
    cannot: 'writes are failed from inside a gateway, and here it is an image as it is',
  },
  object: 'spool disk',
  start: ({ host, parameters: { error } }) => host?.setConditions({ diskError: error }),
  stop: ({ host }) => host?.setConditions({ diskError: undefined }),
  touched: ({ host }) => host?.effects.disk ?? 0,
  isRecovered: gatewayIsWell,
});
