import type { Environment } from 'sensorsim-shared';
import { openCompose } from '../deploy/compose/compose-deployment.js';
import { connectDocker, dockerAddress } from '../docker/index.js';
import { type KafkaOptions, kafkaOptions } from '../kafka-options.js';
import type { Deployment } from './deployment.js';
import { localDeployment } from './local-deployment.js';
import type { RunOptions } from './run-options.js';

export interface OpenDeploymentDeps {
  readonly env: Environment;
  /** A line for people. */
  readonly say: (line: string) => void;
}

/** Where runs are played, and where their records are read. */
export interface OpenDeployment {
  readonly deployment: Deployment;
  readonly kafka: Partial<KafkaOptions>;
}

/**
 * The deployment that `--on` names.
 * @throws {SuiteError} CONFIG_INVALID; what an engine throws; COMPOSE_NOT_READY
 */
export async function openDeployment(
  values: RunOptions,
  { env, say }: OpenDeploymentDeps,
): Promise<OpenDeployment> {
  const named = kafkaOf(values);
  if (values.on === 'local') {
    return { deployment: localDeployment, kafka: named };
  }
  const engine = await connectDocker(dockerAddress(values, env, say));
  const { deployment, kafka } = await openCompose({
    engine,
    project: values.project,
    containersPerGroup: values.containers,
    isKafkaNamed: values.kafka !== undefined,
    say,
  });
  return { deployment, kafka: kafka === undefined ? named : kafkaOf({ ...values, kafka: [kafka] }) };
}

/** The settings of Kafka alone; none where none is named. */
function kafkaOf(values: RunOptions): Partial<KafkaOptions> {
  if (values.kafka === undefined) {
    return {};
  }
  const names = Object.keys(kafkaOptions) as (keyof KafkaOptions)[];
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
