import { join } from 'node:path';
import { checkGatewayOptions, type GatewayOptions, gatewayOptions } from 'sensorsim-gateway';
import { loadConfig } from 'sensorsim-shared';
import { gatewayIdOf } from './gateway-id.js';
import { host } from './host.js';
import { topicFolder } from './run-directory.js';
import type { UpOptions } from './up-options.js';

export interface GatewaySettingsInput {
  readonly options: Partial<UpOptions>;
  readonly runId: string;
  /** The run's folder. */
  readonly directory: string;
  readonly mqttPort: number;
  readonly httpPort: number;
}

/**
 * The gateway's settings: its ports, and where records go.
 * @throws {SuiteError} CONFIG_INVALID with everything that the gateway finds wrong
 */
export function gatewaySettings(input: GatewaySettingsInput): GatewayOptions {
  const { options, runId, directory, mqttPort, httpPort } = input;
  const { kafka, kafkaTls, kafkaCa, kafkaCert, kafkaKey, kafkaSasl, kafkaUsername, kafkaPassword } = options;
  const login = { kafkaTls, kafkaCa, kafkaCert, kafkaKey, kafkaSasl, kafkaUsername, kafkaPassword };
  const to = kafka === undefined ? `topic:${join(directory, topicFolder)}` : 'kafka';
  return loadConfig({
    table: gatewayOptions,
    prefix: 'SENSORSIM_GATEWAY',
    flags: {
      listen: [`mqtt://${host}:${mqttPort}`],
      http: `${host}:${httpPort}`,
      gatewayId: gatewayIdOf(runId, { isTopicShared: kafka !== undefined }),
      topic: options.topic,
      to,
      // What is acknowledged is audited at the topic when the lab ends, so none of it may wait in a spool.
      ack: 'kafka',
      kafka,
      ...login,
    },
    env: {},
    check: checkGatewayOptions,
  }).values;
}
