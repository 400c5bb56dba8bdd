import type { Writable } from 'node:stream';
import { SuiteError } from 'sensorsim-shared';
import type { Logger } from '../observe/log.js';
import { FileSink } from './file-sink.js';
import type { SinkOptions } from './options.js';
import type { RecordSink } from './record-sink.js';
import { parseSinkTarget, type SinkKind, type SinkTarget } from './sink-target.js';
import { StdoutSink } from './stdout-sink.js';
import { TopicSink } from './topic-sink.js';

/** What sinks are given besides their settings. */
export interface SinkContext {
  readonly gatewayId: string;
  readonly log: Logger;
  /** Standard output; absent: `--to stdout` is refused. */
  readonly stdout?: Writable | undefined;
}

type CreateSink = (place: string, options: SinkOptions, context: SinkContext) => RecordSink;

/** Every sink, by the word that `--to` begins with. A sink is one file here and one line below. */
const sinks: Partial<Record<SinkKind, CreateSink>> = {
  topic: (directory, { partitions, retention, retentionBytes }, { gatewayId, log }) =>
    new TopicSink({
      directory,
      partitions,
      retentionMs: retention,
      retentionBytes,
      gatewayId,
      onCut: (cut) => log.warn({ ...cut }, 'a torn write of an earlier run was cut off'),
    }),
  file: (path, _options, { gatewayId, log }) =>
    new FileSink({
      path,
      gatewayId,
      onCut: (bytes) => log.warn({ path, bytes }, 'a line that an earlier run did not end was cut off'),
    }),
  stdout: (_place, _options, { gatewayId, stdout }) => {
    if (stdout === undefined) {
      throw new SuiteError('CONFIG_INVALID', '--to stdout: there is no standard output here');
    }
    return new StdoutSink({ stream: stdout, gatewayId });
  },
};

/**
 * The sink that the settings ask for, not yet started.
 * @throws {SuiteError} CONFIG_INVALID
 */
export function createSink(options: SinkOptions, context: SinkContext): RecordSink {
  const { kind, place } = parseSinkTarget(options.to) as SinkTarget;
  return (sinks[kind] as CreateSink)(place, options, context);
}
