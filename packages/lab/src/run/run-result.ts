import type { GatewaySummary, Interval, Scenario, SensorSummary } from 'sensorsim-shared';
import type { AttackEvidence, DeliveryEvidence, FaultEvidence, TraceCounts } from '../judge/evidence.js';
import type { JudgedExpectation } from '../judge/judge.js';
import type { DeploymentFacts } from './deployment.js';

export type Verdict = 'pass' | 'fail';

/** What came of a run: what `--json` prints of it, and what `summary.json` holds. */
export interface RunResult {
  /** Name of the scenario. */
  readonly scenario: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly expectations: readonly JudgedExpectation[];
  /** As the user named it. */
  readonly file: string;
  readonly seed: string;
  /** What the matrix gave this one; empty without a matrix. */
  readonly cell: Scenario['cell'];
  readonly runId: string;
  /** Where it was played. */
  readonly deployment: DeploymentFacts;
  /** Folder of the run, as the user would name it. */
  readonly directory: string;
  /** It was ended before its time, and so passes nothing. */
  readonly interrupted: boolean;
  /** What was not played as the scenario says, in words: such a run passes nothing. */
  readonly problems: readonly string[];
  readonly sensors: SensorSummary & { readonly groups: Readonly<Record<string, SensorSummary>> };
  /** Null: it was not the run's own. */
  readonly gateway:
    | (GatewaySummary & { readonly peakMemoryBytes: number | null; readonly lives: number })
    | null;
  /** The fleet's readings, from truth to topic; null: where the topic is was not told. */
  readonly audit: Omit<DeliveryEvidence, 'latencyMs'> | null;
  readonly trace: TraceCounts | null;
  /** Records among the dead letters by error code. */
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly attacks: readonly AttackEvidence[];
  readonly faults: readonly FaultEvidence[];
  readonly intervals: readonly Interval[];
}
