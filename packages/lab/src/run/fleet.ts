import type { Sensor, SensorDeps } from 'sensorsim';

/** Virtual sensors as a run sees them, wherever they are: a `Sensor` is a fleet in this process. */
export type Fleet = Pick<
  Sensor,
  'startAt' | 'run' | 'stop' | 'summary' | 'snapshot' | 'distributions' | 'intervals'
>;

/** What a run gives to each of its fleets. */
export type FleetDeps = Required<
  Pick<SensorDeps, 'log' | 'recorder' | 'closeTimeoutMs' | 'attacks' | 'fleets' | 'begin' | 'onFate'>
>;

/** The fleets that play a group of a scenario: one, or several that share its devices. */
export interface GroupFleets {
  /** Name of the group. */
  readonly name: string;
  readonly fleets: readonly Fleet[];
}

/** All fleets of a run, in the order of its groups. */
export function fleetsOf(groups: readonly GroupFleets[]): Fleet[] {
  return groups.flatMap(({ fleets }) => fleets);
}
