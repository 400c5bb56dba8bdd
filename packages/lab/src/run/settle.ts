import { setTimeout as wait } from 'node:timers/promises';
import type { FaultRunner } from '../fault/index.js';
import type { GatewayControl } from '../host/index.js';

/** Machine ms. */
const recoveryLimitMs = 15_000;
const drainLimitMs = 30_000;
const lookMs = 50;

/**
 * Waits, for a bounded time, until what faults broke is well again and the gateway's spool is empty.
 * @param stop aborted: it is not waited any more
 * @returns what was left undone, in words
 */
export async function settle(
  faults: FaultRunner | undefined,
  host: GatewayControl | undefined,
  stop: AbortSignal,
): Promise<string[]> {
  const problems: string[] = [];
  if (faults !== undefined) {
    await faults.stop();
    const limitMs = stop.aborted ? 0 : recoveryLimitMs;
    if (!(await faults.recovered(limitMs)) && !stop.aborted) {
      problems.push(`not everything that faults broke was well again within ${recoveryLimitMs / 1_000} s`);
    }
    faults.close();
  }
  const deadline = performance.now() + drainLimitMs;
  const waiting = async (): Promise<number> => (await host?.ask())?.snapshot.spool?.records ?? 0;
  let records = host?.isUp === true ? await waiting() : 0;
  while (records > 0 && performance.now() < deadline && !stop.aborted && host?.isUp === true) {
    await wait(lookMs);
    records = await waiting();
  }
  if (records > 0) {
    problems.push(`${records} records were left in the spool`);
  }
  return problems;
}
