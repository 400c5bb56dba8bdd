import type { GroupPlan } from '../scenario/fleet-plan.js';
import type { Fleet, FleetDeps } from './fleet.js';
import type { OpenStageInput, RunStage } from './run-stage.js';

/** Where the parts of a run live: in processes of this machine, in containers. */
export interface Deployment {
  /** Names of the faults that can be played there; undefined: all. */
  readonly faults: ReadonlySet<string> | undefined;
  /** How many fleets share the devices of each group. */
  readonly fleetsPerGroup: number;
  /**
   * Brings up what stands between sensors and topic.
   * @throws {SuiteError} what the parts throw; nothing stays behind then
   */
  openStage(input: OpenStageInput): Promise<RunStage>;
  /** Makes the fleets of a group, `fleetsPerGroup` of them; they connect once they run. */
  makeFleets(plan: GroupPlan, deps: FleetDeps): readonly Fleet[];
}
