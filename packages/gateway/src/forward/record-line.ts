import { isUtf8 } from 'node:buffer';
import { recordHeaders, recordTimestamp } from './record-headers.js';
import type { SinkRecord } from './record-sink.js';

/**
 * A record as a line of NDJSON, with its newline: `topic`, `key`, `timestamp` (ms since the epoch), `headers`, and the
 * payload as `value` where it is UTF-8, else as `valueBase64`.
 */
export function recordLine(record: SinkRecord, gatewayId: string): string {
  const { topic, key, value } = record;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  const payload = isUtf8(bytes)
    ? { value: bytes.toString('utf8') }
    : { valueBase64: bytes.toString('base64') };
  const line = {
    topic,
    key,
    timestamp: recordTimestamp(record),
    headers: recordHeaders(record, gatewayId),
    ...payload,
  };
  return `${JSON.stringify(line)}\n`;
}
