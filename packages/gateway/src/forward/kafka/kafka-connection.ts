import { readTls } from '../../receive/tls-files.js';
import type { SinkOptions } from '../options.js';
import type { KafkaConnectionSettings } from './kafka-settings.js';

/** The settings that say how to reach a Kafka; the lab has the same. */
export type KafkaConnectionOptions = Pick<
  SinkOptions,
  | 'kafka'
  | 'kafkaTls'
  | 'kafkaCa'
  | 'kafkaCert'
  | 'kafkaKey'
  | 'kafkaSasl'
  | 'kafkaUsername'
  | 'kafkaPassword'
>;

/**
 * Settings made ready for use, with the files that they name.
 * @param clientId how the brokers know us
 * @throws {SuiteError} CONFIG_UNREADABLE: a certificate, key or authority that cannot be read or does not fit
 */
export function kafkaConnection(options: KafkaConnectionOptions, clientId: string): KafkaConnectionSettings {
  const { kafka, kafkaTls, kafkaCa, kafkaCert, kafkaKey } = options;
  const { kafkaSasl: mechanism, kafkaUsername: username, kafkaPassword: password } = options;
  const tls = kafkaTls || kafkaCa !== undefined || kafkaCert !== undefined;
  const login = mechanism !== undefined && username !== undefined && password !== undefined;
  return {
    brokers: kafka,
    clientId,
    tls: tls
      ? readTls(
          { flag: '--kafka-cert', path: kafkaCert },
          { flag: '--kafka-key', path: kafkaKey },
          { flag: '--kafka-ca', path: kafkaCa },
        )
      : undefined,
    sasl: login ? { mechanism, username, password } : undefined,
  };
}
