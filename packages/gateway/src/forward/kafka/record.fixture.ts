import type { SinkRecord } from '../record-sink.js';

/** A reading as tests need it. */
export function recordOf(changes: Partial<SinkRecord> = {}): SinkRecord {
  return {
    topic: 't',
    key: 'temp-0001',
    value: Buffer.from('21.5'),
    contentType: 'application/json',
    mqttTopic: 'sensors/temperature/temp-0001',
    mqttQos: 1,
    mqttDup: false,
    mqttClientId: 'temp-0001',
    receivedAt: 1_700_000_000_000.4,
    ...changes,
  };
}
