import type { ContainerInspection, ContainerSpec } from '../../docker/index.js';

type HostConfig = NonNullable<ContainerSpec['HostConfig']>;

/** What a container may do and take: its hardening and limits, and how its disk looks. Not where it is, nor what restarts it. */
const kept = [
  'ReadonlyRootfs',
  'Tmpfs',
  'CapAdd',
  'CapDrop',
  'SecurityOpt',
  'Privileged',
  'UsernsMode',
  'IpcMode',
  'GroupAdd',
  'Ulimits',
  'Sysctls',
  'ShmSize',
  'Init',
  'Runtime',
  'ExtraHosts',
  'Dns',
  'DnsOptions',
  'DnsSearch',
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'MemorySwappiness',
  'OomKillDisable',
  'OomScoreAdj',
  'NanoCpus',
  'CpuShares',
  'CpuPeriod',
  'CpuQuota',
  'CpusetCpus',
  'CpusetMems',
  'BlkioWeight',
  'PidsLimit',
] as const satisfies readonly (keyof HostConfig)[];

/** How a container is made after another one. */
export interface TemplateOptions {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: readonly string[];
  readonly network: string;
  readonly aliases: readonly string[];
}

/**
 * A container like another one: same image, user, hardening and limits. It keeps what the other has mounted of its host, and has
 * volumes of its own where the other has volumes; no port is published, nothing restarts it.
 */
export function containerLike(model: ContainerInspection, options: TemplateOptions): ContainerSpec {
  const { name, labels, env, network, aliases } = options;
  const given = model.HostConfig as unknown as Record<string, unknown>;
  const hostConfig = Object.fromEntries(
    // What is nothing to one version of the engine is an error to another.
    kept.flatMap((key) => (given[key] === null || given[key] === undefined ? [] : [[key, given[key]]])),
  );
  return {
    name,
    Image: model.Image,
    User: model.Config.User,
    WorkingDir: model.Config.WorkingDir,
    Env: [...env],
    Labels: { ...labels },
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    Tty: false,
    // The lab sees for itself how it does: each check would be a process beside the one that is measured.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...hostConfig,
      NetworkMode: network,
      Mounts: mountsOf(model),
      RestartPolicy: { Name: 'no' },
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [...aliases] } } },
  } as ContainerSpec;
}

function mountsOf({ Mounts }: ContainerInspection): HostConfig['Mounts'] {
  return Mounts.filter(({ Type }) => Type === 'bind' || Type === 'volume').map(
    ({ Type, Source, Destination }) => ({
      Type: Type as 'bind' | 'volume',
      Source: Type === 'bind' ? Source : '',
      Target: Destination,
      ReadOnly: Type === 'bind',
    }),
  );
}

/** Variables of a container as the engine lists them, without those of the given names or beginnings. */
export function variablesWithout(model: ContainerInspection, isLeftOut: (name: string) => boolean): string[] {
  return (model.Config.Env ?? []).filter((line) => !isLeftOut(line.split('=', 1)[0] as string));
}
