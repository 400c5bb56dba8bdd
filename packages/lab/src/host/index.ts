export {
  type ConditionEffects,
  type DiskError,
  type HostConditions,
  noConditions,
  noEffects,
  type TopicCondition,
} from './conditions.js';
export type { GatewayControl, GatewayEvents } from './gateway-control.js';
export { GatewayHost, type GatewayHostOptions } from './gateway-host.js';
export type { GatewayLife } from './gateway-life.js';
export type { GatewayReport } from './host-messages.js';
export { LifeBook } from './life-book.js';
