import type { DockerEngine } from '../../docker/index.js';
import { RemoteFleet } from '../../remote/remote-fleet.js';
import type { Deployment } from '../../run/deployment.js';
import { type ComposeProject, findProject } from './compose-project.js';
import { type ComposeStage, type ContainerPlace, openComposeStage } from './compose-stage.js';
import { containerProblems } from './container-faults.js';
import { kafkaOfProject } from './kafka-of-project.js';
import { removeLeftovers } from './run-labels.js';

export interface OpenComposeInput {
  readonly engine: DockerEngine;
  /** `--project`. */
  readonly project: string | undefined;
  /** `--containers`. */
  readonly containersPerGroup: number;
  /** The Kafka is named by the user, and not looked for. */
  readonly isKafkaNamed: boolean;
  /** A line for people. */
  readonly say: (line: string) => void;
}

export interface OpenCompose {
  readonly deployment: Deployment;
  /** Where the project's Kafka is read from this machine; undefined: the user has named it. */
  readonly kafka: string | undefined;
}

/**
 * Finds the Compose project that runs are to be played on, and takes away what dead labs left on its engine.
 * @throws {SuiteError} COMPOSE_NOT_READY; what the engine throws
 */
export async function openCompose(input: OpenComposeInput): Promise<OpenCompose> {
  const { engine, containersPerGroup, isKafkaNamed, say } = input;
  await removeLeftovers(engine, say);
  const project = await findProject(engine, input.project);
  const kafka = isKafkaNamed ? undefined : kafkaOfProject(project);
  return { deployment: new ComposeDeployment(engine, project, containersPerGroup), kafka };
}

/** The containers of a Compose project: a gateway of the run's own, and its fleets, beside those of the project. */
class ComposeDeployment implements Deployment {
  readonly fleetsPerGroup: number;
  readonly place: string;
  readonly facts: Deployment['facts'];
  readonly problemsOf = containerProblems;
  readonly #engine: DockerEngine;
  readonly #project: ComposeProject;
  #stage: ComposeStage | undefined;

  constructor(engine: DockerEngine, project: ComposeProject, fleetsPerGroup: number) {
    this.#engine = engine;
    this.#project = project;
    this.fleetsPerGroup = fleetsPerGroup;
    const { address, version } = engine;
    this.place = `Compose project ${project.name}, Docker ${version} at ${address.shown}`;
    this.facts = {
      on: 'compose',
      project: project.name,
      engine: version,
      containersPerGroup: fleetsPerGroup,
      images: { gateway: project.gateway.Config.Image, sensor: project.sensor.Config.Image },
    };
  }

  async openStage(input: Parameters<Deployment['openStage']>[0]): Promise<ComposeStage> {
    const { fleetsPerGroup } = this;
    this.#stage = await openComposeStage({
      ...input,
      engine: this.#engine,
      project: this.#project,
      fleetsPerGroup,
    });
    return this.#stage;
  }

  makeFleets(...[{ group, options }, deps]: Parameters<Deployment['makeFleets']>): RemoteFleet[] {
    const places = this.#stage?.fleets.get(group.name) as readonly ContainerPlace[];
    return places.map(
      ({ name, transport }, at) =>
        new RemoteFleet({
          options,
          deps,
          transport,
          place: `the container ${name}`,
          ...(places.length > 1 && { shard: `${at + 1}/${places.length}` }),
        }),
    );
  }
}
