import { join } from 'node:path';
import { checkGatewayOptions, type GatewayOptions, gatewayOptions } from 'sensorsim-gateway';
import { loadConfig, type ScenarioGateway } from 'sensorsim-shared';
import { host } from '../compose/host.js';
import { topicFolder } from '../compose/run-directory.js';
import type { KafkaOptions } from '../kafka-options.js';

/** Folder of the gateway's spool, in the run's. */
const spoolFolder = 'spool';

export interface GatewayOfRunInput {
  readonly gateway: ScenarioGateway;
  readonly gatewayId: string;
  /** The run's folder. */
  readonly directory: string;
  readonly topic: string;
  readonly kafka: Partial<KafkaOptions>;
  /** Password file of the fleet; absent: it has no passwords. */
  readonly passwords?: string | undefined;
}

/**
 * Settings of the gateway that a run starts: what the scenario gives, on free ports, its topic and spool in the run's folder.
 * @throws {SuiteError} CONFIG_INVALID with everything that the gateway finds wrong
 */
export function gatewayOfRun({
  gateway,
  gatewayId,
  directory,
  topic,
  kafka,
  passwords,
}: GatewayOfRunInput): GatewayOptions {
  return loadConfig({
    table: gatewayOptions,
    prefix: 'SENSORSIM_GATEWAY',
    flags: {
      // A topic on the same disk is as safe as a spool beside it, so there is one only where the scenario asks for it.
      ack: 'kafka',
      // Whom the scenario gives a password has to know it; a file of its own comes first.
      passwords,
      ...gateway.options,
      ...kafka,
      ...(gateway.options.ack === 'spool' ? { spool: join(directory, spoolFolder) } : {}),
      listen: [`mqtt://${host}:0`],
      http: `${host}:0`,
      gatewayId,
      topic,
      logLevel: 'warn',
      to: kafka.kafka === undefined ? `topic:${join(directory, topicFolder)}` : 'kafka',
    },
    env: {},
    check: checkGatewayOptions,
  }).values;
}
