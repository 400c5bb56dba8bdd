import {
  type ConfigSource,
  defineOptions,
  longFlagOf,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';

const docker = 'Docker';

const text = (): ReturnType<typeof textField> =>
  textField((value) => (value === '' ? 'is empty' : undefined));

/** How a Docker engine is reached. */
export const dockerOptions = defineOptions({
  docker: {
    flags: '--docker <url>',
    schema: optional(text()),
    description:
      "the engine: unix:///path/to/docker.sock, or tcp://host:2376 (default: DOCKER_HOST, else this machine's socket)",
    group: docker,
  },
  dockerCerts: {
    flags: '--docker-certs <dir>',
    schema: optional(text()),
    description:
      'folder with ca.pem, cert.pem and key.pem, for an engine behind TLS (default: DOCKER_CERT_PATH)',
    group: docker,
    complete: 'folder',
  },
  dockerCa: {
    flags: '--docker-ca <file>',
    schema: optional(text()),
    description: 'in place of ca.pem: the authority that signed the certificate of the engine',
    group: docker,
    complete: 'file',
  },
  dockerCert: {
    flags: '--docker-cert <file>',
    schema: optional(text()),
    description: 'in place of cert.pem: the certificate that is shown to the engine',
    group: docker,
    complete: 'file',
  },
  dockerKey: {
    flags: '--docker-key <file>',
    schema: optional(text()),
    description: 'in place of key.pem: the private key of that certificate',
    group: docker,
    complete: 'file',
  },
  dockerPlainTcp: {
    flags: '--docker-plain-tcp',
    schema: withDefault(switchField(), false),
    description:
      'speak to an engine on another machine without TLS: whoever reaches that port is root on its host',
    group: docker,
  },
});

export type DockerOptions = OptionValues<typeof dockerOptions>;

/** The flags of Docker that were given although nothing asks an engine. */
export function needlessDockerFlags(sources: Readonly<Record<keyof DockerOptions, ConfigSource>>): string[] {
  return Object.entries(dockerOptions)
    .filter(([name]) => sources[name as keyof DockerOptions] === 'flag')
    .map(([, option]) => longFlagOf(option));
}
