import { messageOf } from 'sensorsim-shared';
import { type DockerEngine, tar } from '../../docker/index.js';
import { relaysFor } from '../../fault/index.js';
import type { FleetTransport } from '../../remote/fleet-transport.js';
import { writeLogins } from '../../run/logins.js';
import type { OpenStageInput, RunStage } from '../../run/run-stage.js';
import { type ComposeProject, nameOfContainer } from './compose-project.js';
import { startContainerFleet } from './container-fleet.js';
import { ContainerGateway } from './container-gateway.js';
import { fleetSpec, gatewayPorts, gatewaySpec } from './container-specs.js';
import { gatewayVariables } from './gateway-variables.js';
import { KafkaLink } from './kafka-link.js';
import { NetworkLink } from './network-link.js';
import { RunContainers } from './run-containers.js';
import { RunGuard } from './run-guard.js';
import { labelsOf } from './run-labels.js';

/** User of the images; any other is taken too, where the service says so. */
const usualUser = 1_000;
/** Where the gateway keeps what it writes, where its image does not say. */
const usualFolder = '/var/lib/sensorsim';
/** Above the gateway's own 10 s for what is pending, and 10 s for the last writes to its spool. */
const graceSeconds = 30;

export interface ComposeStageInput extends OpenStageInput {
  readonly engine: DockerEngine;
  readonly project: ComposeProject;
  readonly fleetsPerGroup: number;
}

/** A stage on containers, with the ways to the fleets of each group. */
export interface ComposeStage extends RunStage {
  readonly fleets: ReadonlyMap<string, readonly ContainerPlace[]>;
}

/** A container that a fleet plays in. */
export interface ContainerPlace {
  readonly name: string;
  readonly transport: FleetTransport;
}

/**
 * Brings up a run on containers: its gateway, and those that its fleets play in. Nothing is left where that fails.
 * @throws {SuiteError} what the engine throws, with what was removed; CONTAINER_ENDED; CONFIG_UNREADABLE
 */
export async function openComposeStage(input: ComposeStageInput): Promise<ComposeStage> {
  const { engine, project, scenario, gatewayId: runId } = input;
  const containers = new RunContainers(engine, runId);
  const guard = new RunGuard({ address: engine.address, runId, kafka: nameOfContainer(project.kafka) });
  const opened: (() => Promise<unknown>)[] = [() => guard.end(), () => containers.remove()];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) {
      // What is known of the run counts, and all the rest is to be mended and removed too.
      await end().catch((error: unknown) => input.onProblem(messageOf(error)));
    }
  };
  try {
    const alias = runId;
    const gateway = await makeGateway(input, { runId, alias, containers });
    const kafka = new KafkaLink({
      engine,
      network: project.backbone,
      gateway: gateway.name,
      kafka: nameOfContainer(project.kafka),
      onPause: (isPaused) => guard.kafkaPaused(isPaused),
    });
    opened.push(
      () => gateway.control.stop(),
      () => kafka.hold('none'),
    );
    const [fleets] = await both(startFleets(input, runId, containers), gateway.control.start());
    const link = new NetworkLink({
      engine,
      network: project.devices,
      container: gateway.name,
      aliases: [alias],
      status: () => gateway.control.status(),
    });
    return {
      host: gateway.control,
      link: relaysFor(scenario.faults).link ? link : undefined,
      kafka,
      broker: `mqtt://${alias}:${gatewayPorts.mqtt}`,
      fleets,
      close,
    };
  } catch (error) {
    const told = await containers.removeAfter(error);
    await close();
    throw told;
  }
}

/** Waits for the end of both, well or not, so that nothing is made any more once it throws. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

interface Made {
  readonly runId: string;
  readonly alias: string;
  readonly containers: RunContainers;
}

interface MadeGateway {
  readonly name: string;
  readonly control: ContainerGateway;
}

async function makeGateway(
  input: ComposeStageInput,
  { runId, alias, containers }: Made,
): Promise<MadeGateway> {
  const { engine, project, gateway, scenario, directory } = input;
  const folder = project.gateway.Config.WorkingDir || usualFolder;
  const passwords = await writeLogins(scenario, directory);
  const { env, files } = gatewayVariables({
    folder,
    owner: Number.parseInt(project.gateway.Config.User, 10) || usualUser,
    settings: {
      // As on this machine: the scenario asks for a spool where it wants one.
      ack: 'kafka',
      passwords,
      ...gateway.options,
      allowAnonymous: allowAnonymous(gateway.options.allowAnonymous),
      spool: gateway.options.ack === 'spool' ? `${folder}/spool` : undefined,
      listen: [`mqtt://0.0.0.0:${gatewayPorts.mqtt}`],
      // Asked from inside alone.
      http: `127.0.0.1:${gatewayPorts.http}`,
      gatewayId: input.gatewayId,
      topic: input.topic,
      to: 'kafka',
      logLevel: 'warn',
      logFormat: 'text',
    },
  });
  const name = `${project.name}-${runId}-gateway`;
  await containers.make(gatewaySpec({ project, name, alias, env, labels: labelsOf(runId) }));
  await engine.connect(project.backbone, name);
  if (files.length > 0) {
    await engine.put(name, folder, tar(files));
  }
  const control = new ContainerGateway({ engine, name, graceSeconds, onDied: input.onGatewayDied });
  control.on('log', input.onLog);
  return { name, control };
}

/** On one machine sensors come from a loopback address, and here from elsewhere in a network of their own. */
function allowAnonymous(wanted: unknown): unknown {
  return wanted === undefined || wanted === 'loopback' ? 'everywhere' : wanted;
}

async function startFleets(
  { engine, project, scenario, fleetsPerGroup }: ComposeStageInput,
  runId: string,
  containers: RunContainers,
): Promise<ComposeStage['fleets']> {
  // To the end of all: nothing is made any more once it throws.
  const groups = await Promise.allSettled(
    scenario.fleet.map(async (group) => {
      const places: ContainerPlace[] = [];
      for (let at = 0; at < fleetsPerGroup; at++) {
        const name = `${project.name}-${runId}-${group.name.replace(/[^A-Za-z0-9_.-]/g, '_')}-${at + 1}`;
        await containers.make(fleetSpec({ project, name, labels: labelsOf(runId) }));
        places.push({ name, transport: await startContainerFleet(engine, name) });
      }
      return [group.name, places] as const;
    }),
  );
  const failed = groups.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') {
    throw failed.reason;
  }
  return new Map(groups.flatMap((group) => (group.status === 'fulfilled' ? [group.value] : [])));
}
