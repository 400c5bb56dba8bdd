export {
  Audit,
  type AuditedRecord,
  type AuditFindings,
  type LostReadings,
  TimeJoinNeeded,
} from './audit/audit.js';
export type { Hop } from './audit/audit-report.js';
export { type AuditOutcome, type AuditRunsInput, auditRuns } from './audit/audit-runs.js';
export { EmbeddedTopicSource } from './audit/embedded-topic-source.js';
export { type OpenRun, openRun } from './audit/open-run.js';
export type { SourceRecord, TopicSource } from './audit/topic-source.js';
export { brokenPromises, type DuplicatesAllowed } from './audit/verdict.js';
export type { UpOptions } from './compose/up-options.js';
export {
  type Fault,
  type FaultContext,
  type FaultProblem,
  FaultRunner,
  type FaultRunnerOptions,
  type FaultSituation,
  type FaultStage,
  faultByName,
  faultProblems,
  faults,
  type PlayedFault,
  relaysFor,
} from './fault/index.js';
export { type Held, Link, type LinkAddress, type LinkQuality, type LinkTarget } from './fault/link/link.js';
export {
  type ConditionEffects,
  GatewayHost,
  type GatewayHostOptions,
  type GatewayLife,
  type GatewayReport,
  type HostConditions,
  type TopicCondition,
} from './host/index.js';
export { metrics } from './judge/families/index.js';
export type { Metric } from './judge/metric.js';
export { type LabDeps, type LabResult, runLab } from './lab.js';
export { labOptionTables } from './option-tables.js';
export { openScenario } from './scenario/open-scenario.js';
export { vocabulary as scenarioVocabulary } from './scenario/vocabulary.js';
