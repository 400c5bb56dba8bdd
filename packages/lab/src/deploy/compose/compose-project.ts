import { didYouMean, SuiteError } from 'sensorsim-shared';
import type { ContainerInspection, ContainerListing, DockerEngine } from '../../docker/index.js';

/** The services that a run needs, by the names of images/compose.yaml. */
const neededServices = ['kafka', 'gateway', 'sensor'] as const;

type ServiceName = (typeof neededServices)[number];

/** A Compose project that a run can be played on: a container of each service, as the engine describes it. */
export interface ComposeProject {
  readonly name: string;
  readonly kafka: ContainerInspection;
  /** What the run's gateway is made after. */
  readonly gateway: ContainerInspection;
  /** What the containers of the run's fleets are made after; it need not run. */
  readonly sensor: ContainerInspection;
  /** Network of sensors and gateway. */
  readonly devices: string;
  /** Network of gateway and Kafka. */
  readonly backbone: string;
}

const label = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  /** `True` of a container of `docker compose run`. */
  oneOff: 'com.docker.compose.oneoff',
} as const;

/**
 * Finds the project that a run is to be played on, and sees whether it is well.
 * @param wanted its name; absent: the only one that has the services kafka, gateway and sensor
 * @throws {SuiteError} COMPOSE_NOT_READY with everything that is wrong; what the engine throws
 */
export async function findProject(engine: DockerEngine, wanted?: string): Promise<ComposeProject> {
  const containers = (await engine.list(label.project)).filter(
    ({ Labels }) => Labels[label.oneOff]?.toLowerCase() !== 'true',
  );
  const name = nameOf(containers, wanted, engine.address.shown);
  const own = containers.filter(({ Labels }) => Labels[label.project] === name);
  const inspections = await Promise.all(
    neededServices.map(async (service) => {
      const found = own.filter(({ Labels }) => Labels[label.service] === service);
      const [best] = found.sort((a, b) => Number(b.State === 'running') - Number(a.State === 'running'));
      return best === undefined ? undefined : engine.inspect(best.Id);
    }),
  );
  const byService = Object.fromEntries(neededServices.map((service, at) => [service, inspections[at]]));
  return checked(name, byService as Partial<Record<ServiceName, ContainerInspection>>, engine.address.shown);
}

function nameOf(containers: readonly ContainerListing[], wanted: string | undefined, shown: string): string {
  const services = new Map<string, Set<string>>();
  for (const { Labels } of containers) {
    const project = Labels[label.project] as string;
    services.set(project, (services.get(project) ?? new Set()).add(Labels[label.service] ?? ''));
  }
  const names = [...services.keys()].sort();
  if (wanted !== undefined) {
    if (services.has(wanted)) {
      return wanted;
    }
    throw notReady(
      `there is no Compose project ${wanted} at ${shown}${didYouMean(wanted, names)}`,
      list(services),
    );
  }
  const fit = names.filter((name) => neededServices.every((service) => services.get(name)?.has(service)));
  if (fit.length > 1) {
    throw new SuiteError('COMPOSE_NOT_READY', `there are several labs at ${shown}: ${fit.join(', ')}`, {
      hint: 'Say which one by --project.',
    });
  }
  const [only] = fit;
  if (only === undefined) {
    throw notReady(
      `there is no Compose project with the services ${neededServices.join(', ')} at ${shown}`,
      list(services),
    );
  }
  return only;
}

function list(services: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...services].map(([name, set]) => `there is ${name} with ${[...set].sort().join(', ')}`);
}

function checked(
  name: string,
  { kafka, gateway, sensor }: Partial<Record<ServiceName, ContainerInspection>>,
  shown: string,
): ComposeProject {
  const problems = [
    ...stateProblems('kafka', kafka),
    ...stateProblems('gateway', gateway),
    ...(sensor === undefined
      ? ['no container of sensor: up --scale sensor=1 makes one, and it may be stopped']
      : []),
  ];
  if (kafka === undefined || gateway === undefined || sensor === undefined || problems.length > 0) {
    throw notReady(`the Compose project ${name} at ${shown} is not ready`, problems);
  }
  const backbone = sharedNetwork(gateway, kafka);
  const devices = sharedNetwork(gateway, sensor);
  if (backbone === undefined || devices === undefined || backbone === devices) {
    throw notReady(
      `the networks of the Compose project ${name} at ${shown} are not those of images/compose.yaml: gateway and kafka share one, gateway and sensor another`,
      [],
    );
  }
  return { name, kafka, gateway, sensor, devices, backbone };
}

function stateProblems(service: ServiceName, inspection: ContainerInspection | undefined): string[] {
  if (inspection === undefined) {
    return [`no container of ${service}`];
  }
  const { State } = inspection;
  const name = nameOfContainer(inspection);
  if (State.Paused) {
    return [`${service} (${name}) is paused: docker unpause ${name}`];
  }
  if (!State.Running) {
    return [`${service} (${name}) does not run: it is ${State.Status}, exit code ${State.ExitCode}`];
  }
  const health = State.Health?.Status;
  if (health !== undefined && health !== 'healthy' && health !== 'none') {
    const said = State.Health?.Log?.at(-1)?.Output?.trim();
    return [`${service} (${name}) is ${health}${said ? `: ${said.slice(0, 200)}` : ''}`];
  }
  return [];
}

/** Two that share several have what the run needs in the first. */
function sharedNetwork(one: ContainerInspection, other: ContainerInspection): string | undefined {
  const theirs = other.NetworkSettings.Networks;
  return Object.keys(one.NetworkSettings.Networks)
    .sort()
    .find((network) => network in theirs);
}

/** As `docker ps` shows it. */
export function nameOfContainer({ Name }: ContainerInspection): string {
  return Name.replace(/^\//, '');
}

function notReady(message: string, problems: readonly string[]): SuiteError {
  return new SuiteError('COMPOSE_NOT_READY', message, { problems });
}
