import type { Scenario } from 'sensorsim-shared';
import type { GroupPlan } from '../scenario/fleet-plan.js';
import type { Fleet, FleetDeps } from './fleet.js';
import type { OpenStageInput, RunStage } from './run-stage.js';

/** Where a run was played, as programs get it. */
export type DeploymentFacts =
  | { readonly on: 'local' }
  | {
      readonly on: 'compose';
      readonly project: string;
      /** Version of the Docker engine. */
      readonly engine: string;
      readonly containersPerGroup: number;
      readonly images: { readonly gateway: string; readonly sensor: string };
    };

/** Where the parts of a run live: in processes of this machine, in containers. */
export interface Deployment {
  /** For people, as `Compose project lab, Docker 28.5 at unix:///var/run/docker.sock`; undefined: this machine. */
  readonly place: string | undefined;
  /** For `--json` and the manifest. */
  readonly facts: DeploymentFacts;
  /** What of a scenario cannot be played there, in words; empty: all of it can. */
  problemsOf(scenario: Scenario): string[];
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
