import type { ContainerSpec } from '../../docker/index.js';
import type { ComposeProject } from './compose-project.js';
import { containerLike, variablesWithout } from './container-template.js';
import { emptied } from './gateway-variables.js';

export interface GatewaySpecInput {
  readonly project: ComposeProject;
  readonly name: string;
  /** Name by which the sensors find it. */
  readonly alias: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Settings of the run, which win over those of the service. */
  readonly env: readonly string[];
}

/** Ports of the gateway in its container. */
export const gatewayPorts = { mqtt: 1_883, http: 9_464 } as const;

/** The run's gateway: like the service's, on its devices' network; it has a volume, users and a name of its own. */
export function gatewaySpec({ project, name, alias, labels, env }: GatewaySpecInput): ContainerSpec {
  const { gateway, devices } = project;
  const given = new Set(env.map((line) => line.split('=', 1)[0]));
  const empty = emptied.filter((variable) => !given.has(variable)).map((variable) => `${variable}=`);
  const kept = variablesWithout(gateway, (variable) => emptied.includes(variable) || given.has(variable));
  return {
    ...containerLike(gateway, {
      name,
      labels,
      network: devices,
      aliases: [alias],
      env: [...kept, ...empty, ...env],
    }),
    // Its counts, as one object at an orderly end.
    Cmd: ['--json'],
    StopSignal: 'SIGTERM',
  };
}

export interface FleetSpecInput {
  readonly project: ComposeProject;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A container of the run's sensors: like the service's, but what it runs is conducted by the lab. */
export function fleetSpec({ project, name, labels }: FleetSpecInput): ContainerSpec {
  const { sensor, devices } = project;
  const env = variablesWithout(sensor, (variable) => variable.startsWith('SENSORSIM_'));
  const spec = containerLike(sensor, { name, labels, network: devices, aliases: [], env });
  return {
    ...spec,
    Entrypoint: ['node', '/app/packages/sensor/bin/sensorsim-fleet.js'],
    Cmd: [],
    // Its standard output is the lab's: nobody reads it twice.
    HostConfig: { ...spec.HostConfig, LogConfig: { Type: 'none', Config: {} } },
  };
}
