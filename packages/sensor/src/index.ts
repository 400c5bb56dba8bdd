export { layOutFleet } from './layout.js';
export { legacyVariables } from './legacy-environment.js';
export { type SensorType, sensorTypes } from './model/index.js';
export { timestampOf } from './model/timestamp.js';
export { type SensorOptions, sensorOptions } from './options.js';
export type {
  AttackConnection,
  AttackConnectionEvents,
  AttackConnector,
  AttackMessage,
  ConnectSettings,
} from './pattern/drive/attack-connection.js';
export type { AttackRecorder } from './pattern/drive/attack-recorder.js';
export { connectPacket } from './pattern/drive/connect-packet.js';
export { targetText } from './pattern/explain.js';
export type { Identity } from './pattern/identities.js';
export { patterns, resolvePattern } from './pattern/index.js';
export type { Pattern, Technique } from './pattern/pattern.js';
export {
  describePattern,
  type PatternParameter,
  parsePatternParameters,
} from './pattern/pattern-parameters.js';
export { type PlannedUse, planAttacks } from './pattern/plan.js';
export { resolveTargets, type TargetCandidate } from './pattern/targets.js';
export { intervalId, type Window, windowsOf } from './pattern/windows.js';
export { type BrokerAddress, brokerAddress } from './publish/broker-address.js';
export type { PublisherSetup } from './publish/index.js';
export { clientOptions } from './publish/mqtt-client-options.js';
export { clientIdsOf, topicOf, usernamesOf } from './publish/mqtt-settings.js';
export type { DueReading, FateListener, Publisher } from './publish/publisher.js';
export { isNear, refuseRemote, resolveHost } from './publish/remote-guard.js';
export type { OnFate } from './record/ledger.js';
export type { ClockOffset } from './remote/clock-offset.js';
export { readFates } from './remote/fate-batch.js';
export {
  type FleetEnd,
  type FleetReport,
  type FleetTask,
  type FromFleet,
  fleetProtocol,
  signOfLifeMs,
  silenceMs,
  type ToFleet,
} from './remote/fleet-messages.js';
export { fleetProgram } from './remote/fleet-program.js';
export { type Frame, FrameReader } from './remote/frame.js';
export type { SensorSnapshot } from './report/totals.js';
export type { DeviceSpec } from './schedule/fleet.js';
export { givenStartAt } from './schedule/time-setting.js';
export { type Recorder, Sensor, type SensorDeps } from './sensor.js';
export { settingProblems } from './settings-check.js';
export type { RunStart } from './share.js';
