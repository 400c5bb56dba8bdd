import { existsSync, readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { type Environment, messageOf, SuiteError } from 'sensorsim-shared';
import type { DockerOptions } from './docker-options.js';

/** What is shown to an engine, and what its certificate must be signed by; PEM. */
export interface DockerTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Where an engine is. */
export type DockerAddress = {
  /** For people, as `unix:///var/run/docker.sock`. */
  readonly shown: string;
} & (
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      /** Undefined: plain HTTP. */
      readonly tls: DockerTls | undefined;
    }
);

const plainPort = 2_375;
const tlsPort = 2_376;

const hint =
  'See --help for --docker and the flags beside it; DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH count as for docker itself.';

/**
 * Where the engine is, by flags, else by the variables of Docker's own client, else where engines usually are.
 * @param warn takes a line about a way that is open to others
 * @throws {SuiteError} CONFIG_INVALID with everything that is wrong; CONFIG_UNREADABLE: a certificate
 */
export function dockerAddress(
  options: DockerOptions,
  env: Environment,
  warn: (line: string) => void,
): DockerAddress {
  const place = options.docker === undefined ? 'DOCKER_HOST' : '--docker';
  const text = options.docker ?? (env.DOCKER_HOST || undefined);
  if (text === undefined) {
    const path = usualSocket(env);
    return { kind: 'socket', path, shown: `unix://${path}` };
  }
  const socket = /^unix:\/\/(\/.*)$/.exec(text)?.[1];
  if (socket !== undefined) {
    return { kind: 'socket', path: socket, shown: text };
  }
  const url = parsed(text, place);
  const files = tlsFiles(options, env, url.port === String(tlsPort));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const tls = files && readTls(files);
  const port = url.port === '' ? (tls === undefined ? plainPort : tlsPort) : Number(url.port);
  const shown = `tcp://${url.hostname}:${port}`;
  if (tls === undefined && !isOwn(host)) {
    if (!options.dockerPlainTcp) {
      refuse(
        `${place}: ${shown} is on another machine, without TLS: whoever reaches that port is root on its host. Name certificates by --docker-certs, or say --docker-plain-tcp`,
      );
    }
    warn(`warning: ${shown} is spoken to without TLS; whoever reaches that port is root on its host`);
  }
  return { kind: 'tcp', host, port, tls, shown };
}

function parsed(text: string, place: string): URL {
  if (/^ssh:/.test(text)) {
    refuse(
      `${place}: ssh is not spoken here; bring the socket over by ssh -L /tmp/docker.sock:/var/run/docker.sock ${text.replace(/^ssh:\/\//, '')} and name unix:///tmp/docker.sock`,
    );
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && ['', '/'].includes(url.pathname) && url.search === '';
  if (url === undefined || url.protocol !== 'tcp:' || url.hostname === '' || !isPlain) {
    refuse(`${place}: "${text}" is neither unix:///path nor tcp://host:port`);
  }
  return url;
}

/** On this machine, whatever its networks are. */
function isOwn(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function refuse(problem: string): never {
  throw new SuiteError('CONFIG_INVALID', 'the Docker engine cannot be asked like this', {
    problems: [problem],
    hint,
  });
}

/** Docker's service, Docker Desktop, an engine without root: the first that is there, else the first. */
function usualSocket({ HOME, XDG_RUNTIME_DIR }: Environment): string {
  const usual = '/var/run/docker.sock';
  const others = [
    ...(HOME === undefined ? [] : [join(HOME, '.docker/run/docker.sock')]),
    ...(XDG_RUNTIME_DIR === undefined ? [] : [join(XDG_RUNTIME_DIR, 'docker.sock')]),
  ];
  return existsSync(usual) ? usual : (others.find((path) => existsSync(path)) ?? usual);
}

type TlsFiles = Readonly<Record<keyof DockerTls, string>>;

/** Undefined: TLS is not asked for. Docker's own client looks into ~/.docker where no folder is named. */
function tlsFiles(options: DockerOptions, env: Environment, isTlsPort: boolean): TlsFiles | undefined {
  const { dockerCa, dockerCert, dockerKey } = options;
  const folder = options.dockerCerts ?? (env.DOCKER_CERT_PATH || undefined);
  const isAsked =
    (folder ?? dockerCa ?? dockerCert ?? dockerKey) !== undefined ||
    (env.DOCKER_TLS_VERIFY ?? '') !== '' ||
    isTlsPort;
  if (!isAsked || (options.dockerPlainTcp && folder === undefined && dockerCa === undefined)) {
    return undefined;
  }
  const from = folder ?? join(env.HOME ?? '/', '.docker');
  return {
    ca: dockerCa ?? join(from, 'ca.pem'),
    cert: dockerCert ?? join(from, 'cert.pem'),
    key: dockerKey ?? join(from, 'key.pem'),
  };
}

function readTls(files: TlsFiles): DockerTls {
  const problems: string[] = [];
  const read = (name: keyof DockerTls): string => {
    try {
      return readFileSync(files[name], 'utf8');
    } catch (error) {
      problems.push(`${files[name]}: ${messageOf(error)}`);
      return '';
    }
  };
  const tls = { ca: read('ca'), cert: read('cert'), key: read('key') };
  if (problems.length > 0) {
    throw new SuiteError('CONFIG_UNREADABLE', 'the certificates for the Docker engine cannot be read', {
      problems,
      hint: 'Name their folder by --docker-certs or DOCKER_CERT_PATH: it holds ca.pem, cert.pem and key.pem.',
    });
  }
  return tls;
}
