import type { Clock } from 'sensorsim-shared';
import { openTransport, type TransportSecurity } from '../transport.js';
import type { Candidate } from './candidate.js';

/** How long a gateway may take to accept a connection. */
const patienceMs = 3_500;

/** Those of the gateways that accept a connection at present; each is asked once, without a byte of MQTT. */
export async function answering(
  candidates: readonly Candidate[],
  { security, machine }: { readonly security: TransportSecurity; readonly machine: Clock },
): Promise<Candidate[]> {
  const answers = await Promise.all(
    candidates.map(
      (candidate) =>
        new Promise<boolean>((resolve) => {
          const stream = openTransport(security, candidate, () => {
            resolve(true);
            stream.destroy();
          });
          const timeout = machine.wake(machine.now() + patienceMs, () => stream.destroy());
          stream.on('error', () => {});
          stream.once('close', () => {
            timeout.cancel();
            resolve(false);
          });
          stream.resume();
        }),
    ),
  );
  return candidates.filter((_, i) => answers[i]);
}
