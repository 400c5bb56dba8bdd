export type { ConditionEffects, DiskError, HostConditions, TopicCondition } from './conditions.js';
export type { GatewayControl, GatewayEvents } from './gateway-control.js';
export { GatewayHost, type GatewayHostOptions } from './gateway-host.js';
export type { GatewayLife } from './gateway-life.js';
export type { GatewayReport } from './host-messages.js';
