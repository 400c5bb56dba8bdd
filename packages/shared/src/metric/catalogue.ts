import type { Metric } from './metric.js';

/** Every metric of the suite. */
export const metrics = {
  gatewayReceived: {
    name: 'sensorsim_gateway_received_total',
    type: 'counter',
    unit: 'records',
    help: 'Messages taken from devices, whatever became of them.',
    labels: ['source'],
  },
  gatewayAcknowledged: {
    name: 'sensorsim_gateway_acknowledged_total',
    type: 'counter',
    unit: 'records',
    help: 'Promises given to devices: PUBACK, PUBREC, HTTP reply.',
  },
  gatewayForwarded: {
    name: 'sensorsim_gateway_forwarded_total',
    type: 'counter',
    unit: 'records',
    help: 'Records safe at the sink, dead letters apart.',
  },
  gatewayDeadLettered: {
    name: 'sensorsim_gateway_dead_lettered_total',
    type: 'counter',
    unit: 'records',
    help: 'Records safe at the dead-letter topic, by error code.',
    labels: ['code'],
  },
  gatewayDropped: {
    name: 'sensorsim_gateway_dropped_total',
    type: 'counter',
    unit: 'records',
    help: 'Messages that were neither forwarded nor dead-lettered, by reason.',
    labels: ['reason'],
  },
  gatewayRefused: {
    name: 'sensorsim_gateway_refused_total',
    type: 'counter',
    unit: 'records',
    help: 'Connections and messages refused, by reason.',
    labels: ['reason'],
  },
  gatewayConnections: {
    name: 'sensorsim_gateway_connections',
    type: 'gauge',
    unit: 'connections',
    help: 'Open device connections.',
  },
  gatewayPauses: {
    name: 'sensorsim_gateway_pauses_total',
    type: 'counter',
    unit: 'connections',
    help: 'How often a device connection was made to wait because too much was pending.',
  },
  gatewayPausedConnections: {
    name: 'sensorsim_gateway_paused_connections',
    type: 'gauge',
    unit: 'connections',
    help: 'Device connections that wait at present.',
  },
  gatewayPendingRecords: {
    name: 'sensorsim_gateway_pending_records',
    type: 'gauge',
    unit: 'records',
    help: 'Records taken and not yet safe.',
  },
  gatewayPendingBytes: {
    name: 'sensorsim_gateway_pending_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Payload bytes taken and not yet safe.',
  },
  gatewaySinkReady: {
    name: 'sensorsim_gateway_sink_ready',
    type: 'gauge',
    unit: 'bool',
    help: '1 while the sink (Kafka, topic, file) takes records, else 0.',
  },
  gatewaySafeLatency: {
    name: 'sensorsim_gateway_safe_latency_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the arrival of a message until its record is safe at the sink.',
  },
  gatewayForwardLatency: {
    name: 'sensorsim_gateway_forward_latency_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From handing a record to the sink until the sink reports it safe.',
  },
} as const satisfies Record<string, Metric>;
