import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import Docker from 'dockerode';
import { SuiteError } from 'sensorsim-shared';
import { type ContainerOutput, demultiplex } from './demultiplex.js';
import type { DockerAddress } from './docker-address.js';
import { dockerError, hasStatus } from './docker-error.js';

export type ContainerInspection = Docker.ContainerInspectInfo;
export type ContainerListing = Docker.ContainerInfo;
export type ContainerSpec = Docker.ContainerCreateOptions & { readonly name: string };

/** The standard streams of a program in a container. Both outputs have to be read; the way keeps their backpressure. */
export interface AttachedStreams extends ContainerOutput {
  /** Standard input; its end is passed on. */
  readonly input: Duplex;
}

/** How long an engine may take to answer at first, ms. */
const patienceMs = 10_000;
/** How long it may take over a request, beyond what the request itself asks it to wait, ms: far more than a busy host takes. */
const answerLimitMs = 60_000;
/** The same for one that took too long over the last: its host may be gone, and there may be much to ask. */
const secondLimitMs = 5_000;
const pauseAttempts = 5;

/**
 * Connects to the engine at an address. No version of its API is asked for: it answers in its own.
 * @throws {SuiteError} DOCKER_UNREACHABLE, DOCKER_REFUSED, naming the host
 */
export async function connectDocker(address: DockerAddress): Promise<DockerEngine> {
  // All of it is said, because what is left out is read from the variables of this process by the client itself.
  const docker = new Docker({
    socketPath: address.kind === 'socket' ? address.path : undefined,
    host: address.kind === 'tcp' ? address.host : undefined,
    port: address.kind === 'tcp' ? address.port : undefined,
    protocol: address.kind === 'tcp' && address.tls !== undefined ? 'https' : 'http',
    ca: address.kind === 'tcp' ? address.tls?.ca : undefined,
    cert: address.kind === 'tcp' ? address.tls?.cert : undefined,
    key: address.kind === 'tcp' ? address.tls?.key : undefined,
    pathPrefix: '/',
    timeout: undefined,
    // biome-ignore lint/suspicious/noExplicitAny: undefined is a value here, which the types of the client do not say
  } as any);
  const doing = 'cannot ask the engine';
  const signal = AbortSignal.timeout(patienceMs);
  try {
    const { Version } = await (docker.version({ abortSignal: signal } as never) as unknown as Promise<
      Partial<Docker.DockerVersion>
    >);
    if (typeof Version !== 'string') {
      throw Object.assign(new Error('no version'), { code: 'HPE_NO_ENGINE' });
    }
    return new DockerEngine(docker, address, Version);
  } catch (error) {
    throw dockerError({
      error: isHungUp(error, address) ? refusedCertificate : error,
      shown: address.shown,
      doing,
    });
  }
}

/** With TLS 1.3 a server says no to a certificate only after the client has begun to speak: some just hang up then. */
function isHungUp(error: unknown, address: DockerAddress): boolean {
  const { code } = error as { readonly code?: string };
  return address.kind === 'tcp' && address.tls !== undefined && code === 'ECONNRESET';
}

const refusedCertificate = Object.assign(new Error('it hung up'), { code: 'CERTIFICATE_REQUIRED' });

/** A Docker engine; containers by id or name. Every method throws DOCKER_UNREACHABLE, DOCKER_REFUSED, DOCKER_IMAGE_MISSING or DOCKER_FAILED. */
export class DockerEngine {
  readonly address: DockerAddress;
  /** As `20.10.24`. */
  readonly version: string;
  readonly #docker: Docker;
  #limitMs = answerLimitMs;

  constructor(docker: Docker, address: DockerAddress, version: string) {
    this.#docker = docker;
    this.address = address;
    this.version = version;
  }

  /** All containers with all of these labels (`name` or `name=value`), also those that do not run. */
  list(...labels: string[]): Promise<ContainerListing[]> {
    return this.#ask('cannot list containers', () =>
      this.#docker.listContainers({ all: true, filters: { label: labels } }),
    );
  }

  inspect(id: string): Promise<ContainerInspection> {
    return this.#ask(`cannot look at ${id}`, () => this.#docker.getContainer(id).inspect());
  }

  async create(spec: ContainerSpec): Promise<void> {
    await this.#ask(`cannot make ${spec.name}`, () => this.#docker.createContainer(spec));
  }

  /** Puts files of a tar archive into a container that need not run. */
  put(id: string, folder: string, archive: Buffer): Promise<unknown> {
    return this.#ask(`cannot put files into ${id}`, () =>
      this.#docker.getContainer(id).putArchive(archive, { path: folder }),
    );
  }

  start(id: string): Promise<unknown> {
    return this.#ask(`cannot start ${id}`, () => this.#docker.getContainer(id).start());
  }

  /** SIGTERM, and SIGKILL after the grace. One that has ended is left alone. */
  async stop(id: string, graceSeconds: number): Promise<void> {
    const stop = async (): Promise<void> => {
      await this.#docker.getContainer(id).stop({ t: graceSeconds }).catch(except(304));
    };
    await this.#ask(`cannot stop ${id}`, stop, this.#limitMs + graceSeconds * 1_000);
  }

  /** One that has ended is left alone. */
  async kill(id: string, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    await this.#ask(`cannot kill ${id}`, async () => {
      await this.#docker.getContainer(id).kill({ signal }).catch(except(404, 409));
    });
  }

  /** Tried again where the kernel does not get it done at once, as on a busy host. */
  async pause(id: string): Promise<void> {
    await this.#ask(`cannot pause ${id}`, async () => {
      for (let left = pauseAttempts - 1; ; left--) {
        try {
          return await this.#docker.getContainer(id).pause();
        } catch (error) {
          if (left === 0 || !/unable to freeze/i.test(String((error as Error).message))) {
            throw error;
          }
        }
      }
    });
  }

  /** One that is not paused is left alone. */
  async unpause(id: string): Promise<void> {
    await this.#ask(`cannot resume ${id}`, async () => {
      await this.#docker
        .getContainer(id)
        .unpause()
        .catch((error: unknown) => {
          if (!/is not paused/i.test(String((error as Error).message))) {
            throw error;
          }
        });
    });
  }

  /** Whatever state it is in, with its volumes without a name. One that is gone is well. */
  async remove(id: string): Promise<void> {
    await this.#ask(`cannot remove ${id}`, async () => {
      await this.#docker.getContainer(id).remove({ force: true, v: true }).catch(except(404, 409));
    });
  }

  /** Resolves once it does not run: after its start, at its end. @returns its exit code */
  async wait(id: string): Promise<number> {
    const answer = await this.#ask(
      `cannot wait for ${id}`,
      async () => text(await this.#waiting(id)),
      Infinity,
    );
    return (JSON.parse(answer) as { readonly StatusCode: number }).StatusCode;
  }

  /** The streams of its main program, from now on: before its start, so that nothing is missed. */
  async attach(id: string): Promise<AttachedStreams> {
    const stream = await this.#ask(`cannot attach to ${id}`, () =>
      this.#docker.getContainer(id).attach({
        stream: true,
        stdin: true,
        stdout: true,
        stderr: true,
        hijack: true,
      }),
    );
    return streamsOf(stream);
  }

  /** Runs a further program in a container; it ends with the container, and by what it makes of the end of its input. */
  async exec(id: string, command: readonly string[]): Promise<AttachedStreams> {
    const stream = await this.#ask(`cannot run a program in ${id}`, async () => {
      const exec = await this.#docker.getContainer(id).exec({
        Cmd: [...command],
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
      });
      return exec.start({ hijack: true, stdin: true });
    });
    return streamsOf(stream);
  }

  async connect(network: string, id: string, aliases: readonly string[] = []): Promise<void> {
    await this.#ask(`cannot connect ${id} to ${network}`, () =>
      this.#docker.getNetwork(network).connect({ Container: id, EndpointConfig: { Aliases: [...aliases] } }),
    );
  }

  async disconnect(network: string, id: string): Promise<void> {
    await this.#ask(`cannot disconnect ${id} from ${network}`, () =>
      this.#docker.getNetwork(network).disconnect({ Container: id, Force: true }),
    );
  }

  /**
   * The answer to a wait: it begins at once and ends with the container. The client's own `wait` does not notice where it breaks off, as
   * when the engine is lost.
   */
  #waiting(id: string): Promise<Readable> {
    return new Promise((resolve, reject) => {
      this.#docker.modem.dial(
        {
          path: `/containers/${encodeURIComponent(id)}/wait`,
          method: 'POST',
          isStream: true,
          statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
        },
        (error: unknown, body: unknown) => (error ? reject(error) : resolve(body as Readable)),
      );
    });
  }

  async #ask<T>(doing: string, request: () => Promise<T>, limitMs = this.#limitMs): Promise<T> {
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      if (limitMs !== Infinity) {
        const timedOut = Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
        limit = setTimeout(() => {
          this.#limitMs = secondLimitMs;
          reject(timedOut);
        }, limitMs);
      }
    });
    try {
      const answer = await Promise.race([request(), late]);
      this.#limitMs = answerLimitMs;
      return answer;
    } catch (error) {
      throw dockerError({ error, shown: this.address.shown, doing });
    } finally {
      clearTimeout(limit);
    }
  }
}

/** Lets errors with these answers pass for success. */
function except(...statusCodes: readonly number[]): (error: unknown) => void {
  return (error) => {
    if (!statusCodes.some((code) => hasStatus(error, code))) {
      throw error;
    }
  };
}

function streamsOf(stream: NodeJS.ReadWriteStream): AttachedStreams {
  const socket = stream as Duplex;
  return { input: socket, ...demultiplex(socket as Readable) };
}

/** Whether an error says that the thing is not there (any more). */
export function isGone(error: unknown): boolean {
  return error instanceof SuiteError && hasStatus(error, 404);
}
