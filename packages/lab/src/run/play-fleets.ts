import { SuiteError } from 'sensorsim-shared';
import type { GroupFleets } from './fleet.js';
import { fleetsOf } from './fleet.js';

/** What came of the fleets of a run. */
export interface FleetsEnd {
  /** What went wrong and did not end the run, in words. */
  readonly problems: readonly string[];
}

/**
 * Runs fleets to their end. Where one cannot go on, the others are stopped too.
 * @param patient a fleet that never reached the gateway is a finding, and no error
 * @throws {SuiteError} what the first fleet throws that fails
 */
export async function playFleets(groups: readonly GroupFleets[], patient: boolean): Promise<FleetsEnd> {
  let failure: unknown;
  const parts = groups.flatMap(({ name, fleets }) => fleets.map((fleet) => ({ name, fleet })));
  const lonely = new Set<string>();
  await Promise.all(
    parts.map(async ({ name, fleet }) => {
      try {
        await fleet.run();
      } catch (error) {
        if (patient && error instanceof SuiteError && error.code === 'SENSOR_UNREACHABLE') {
          lonely.add(name);
          return;
        }
        failure ??= error;
        for (const other of fleetsOf(groups)) {
          other.stop();
        }
      }
    }),
  );
  if (failure !== undefined) {
    throw failure;
  }
  return { problems: [...lonely].map((name) => `the group ${name} never reached the gateway`) };
}
