import { randomStream, type Scenario } from 'sensorsim-shared';
import { host as loopback } from '../compose/host.js';
import { type FaultStage, Link, relaysFor } from '../fault/index.js';
import { GatewayHost } from '../host/index.js';
import { type GatewayOfRunInput, gatewayOfRun } from './gateway-of-run.js';
import { writeLogins } from './logins.js';
import { placeOf, probeAddress } from './probe-address.js';

/** What sensors are connected to, and what faults act on. */
export interface RunStage extends FaultStage {
  /** URL for the sensors. */
  readonly broker: string;
  /** Ends everything, in order. Idempotent. */
  close(): Promise<void>;
}

export interface OpenStageInput extends Omit<GatewayOfRunInput, 'passwords'> {
  readonly scenario: Scenario;
  /** A line of the gateway's log. */
  readonly onLog: (line: string) => void;
  /** Something was left undone that does not end the run, in words. */
  readonly onProblem: (problem: string) => void;
  /** The gateway ended although nobody told it to. */
  readonly onGatewayDied: (why: string) => void;
}

/**
 * Brings up what stands between sensors and topic: the gateway in a process of its own, or the address of one that runs, and the
 * relays that the faults of the scenario need.
 * @throws {SuiteError} SENSOR_UNREACHABLE, CONFIG_INVALID; what the gateway's start throws, as KAFKA_UNREACHABLE
 */
export async function openStage(input: OpenStageInput): Promise<RunStage> {
  const { scenario, kafka } = input;
  const { address } = scenario.gateway;
  const relays = relaysFor(scenario.faults);
  const random = randomStream(scenario.seed, 'lab', 'link');
  const uniform = (): number => random.uniform();
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) {
      await end();
    }
  };
  try {
    let gateway: GatewayHost | undefined;
    let kafkaLink: Link | undefined;
    if (address === undefined) {
      if (kafka.kafka !== undefined && relays.kafka) {
        kafkaLink = await openLink(new Link('named-by-client', uniform), opened);
      }
      const passwords = await writeLogins(scenario, input.directory);
      gateway = new GatewayHost({
        gateway: gatewayOfRun({ ...input, passwords }),
        kafkaRelayPort: kafkaLink?.port,
      });
      watch(gateway, input);
      opened.push(() => (gateway as GatewayHost).stop());
      await gateway.start();
    } else {
      await probeAddress(address);
    }
    let link: Link | undefined;
    if (relays.link) {
      link = await openLink(new Link(gateway?.mqttPort ?? placeOf(address as string), uniform), opened);
    }
    return { host: gateway, link, kafka: kafkaLink, broker: brokerOf({ address, gateway, link }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openLink(link: Link, opened: (() => Promise<unknown>)[]): Promise<Link> {
  await link.start();
  opened.push(() => link.stop());
  return link;
}

function watch(gateway: GatewayHost, { onLog, onGatewayDied }: OpenStageInput): void {
  gateway.on('log', onLog);
  gateway.on('exit', ({ expected, exitCode, signal }) => {
    if (!expected) {
      onGatewayDied(signal === null ? `with exit code ${exitCode}` : `by ${signal}`);
    }
  });
}

interface Places {
  readonly address: string | undefined;
  readonly gateway: GatewayHost | undefined;
  readonly link: Link | undefined;
}

/** Where sensors connect: to the relay where there is one, with all else of the address as it is. */
function brokerOf({ address, gateway, link }: Places): string {
  if (address === undefined) {
    return `mqtt://${loopback}:${link?.port ?? gateway?.mqttPort}`;
  }
  if (link === undefined) {
    return address;
  }
  const url = new URL(address);
  url.hostname = loopback;
  url.port = String(link.port);
  return url.href;
}
