import { defineOptions, SuiteError } from 'sensorsim-shared';
import type { Logger } from '../observe/log.js';
import type { RecordSink } from './record-sink.js';
export const sinkOptions = defineOptions({});
export function createSink(_o: unknown, _c: { gatewayId: string; log: Logger }): RecordSink {
  throw new SuiteError('INTERNAL', 'x');
}
