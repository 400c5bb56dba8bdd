export type { RecordSink, SafeCallback, SinkRecord } from './forward/record-sink.js';
export { Gateway, type GatewayDeps, type GatewaySnapshot, lostReason } from './gateway.js';
export { createLog, type Logger, type LogOptions, type LogStream, silentLog } from './observe/log.js';
export { type AckPolicy, checkGatewayOptions, type GatewayOptions, gatewayOptions } from './options.js';
