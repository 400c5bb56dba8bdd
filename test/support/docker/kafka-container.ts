import { kafkaVersion } from '../kafka-jars.js';
import type { Host } from './hosts.js';

/** A Kafka in a container. */
export interface KafkaContainer {
  /** Its name on the host, and on its network. */
  readonly name: string;
  /** For containers of its network. */
  readonly inside: string;
  /** For programs on the host. */
  readonly outside: string;
}

/**
 * Starts Kafka in a container of a network, and waits until it answers. For programs on the host it is at
 * `127.0.0.1:port`; with `beyond`, at the host's address, for other hosts too.
 */
export async function startKafkaContainer(
  host: Host,
  {
    network,
    name = 'kafka',
    port = 9094,
    beyond = false,
  }: { network: string; name?: string; port?: number; beyond?: boolean },
): Promise<KafkaContainer> {
  const outside = `${beyond ? host.address : '127.0.0.1'}:${port}`;
  const settings = {
    NODE_ID: '1',
    PROCESS_ROLES: 'broker,controller',
    CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    INTER_BROKER_LISTENER_NAME: 'INSIDE',
    LISTENERS: 'INSIDE://:9092,OUTSIDE://:9094,CONTROLLER://localhost:9093',
    ADVERTISED_LISTENERS: `INSIDE://${name}:9092,OUTSIDE://${outside}`,
    LISTENER_SECURITY_PROTOCOL_MAP: 'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
    LOG_DIRS: '/var/lib/kafka/data',
    NUM_PARTITIONS: '4',
    OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    OFFSETS_TOPIC_NUM_PARTITIONS: '4',
    GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    // Without these a broker waits 9 s after a crash for its old registration to expire.
    BROKER_SESSION_TIMEOUT_MS: '3000',
    BROKER_HEARTBEAT_INTERVAL_MS: '500',
  };
  await host.docker(
    ...['run', '--detach', '--name', name, '--network', network, '--publish', `${outside}:9094`],
    ...[
      '--health-cmd',
      "bash -c 'exec 3<>/dev/tcp/localhost/9092'",
      '--health-interval',
      '500ms',
      '--health-retries',
      '120',
    ],
    ...Object.entries(settings).flatMap(([key, value]) => ['--env', `KAFKA_${key}=${value}`]),
    `apache/kafka:${kafkaVersion}`,
  );
  await host.until(name, 'healthy');
  return { name, inside: `${name}:9092`, outside };
}
