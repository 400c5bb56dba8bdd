import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, inject } from 'vitest';
import { commandLine, type Ended } from '../programs.js';
import { type Engines, startEngines } from './engines.js';
import type { ImageFiles } from './image-files.js';

/** `describe`, where Docker engines can be started; elsewhere its tests are skipped, and the run says so at its start. */
export const describeOnDocker = inject('images') === undefined ? describe.skip : describe;

/** A Docker host: an engine in a network namespace of its own, as in a virtual machine. */
export interface Host {
  readonly name: string;
  /** Where it is reached from this machine and the other hosts. */
  readonly address: string;
  /** Its `DOCKER_HOST`. */
  readonly dockerHost: string;
  /** Runs docker against it, and gives its standard output, trimmed; throws with its words where it fails. */
  docker(...args: string[]): Promise<string>;
  /** Runs docker against it, whatever comes of it. */
  tryDocker(...args: string[]): Promise<Ended>;
  /** Runs a program of the suite, or another, as a user on that machine would, with DOCKER_HOST set. */
  run(command: string, argv: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Starts one and does not wait. */
  start(command: string, argv: readonly string[], options?: RunOptions): ChildProcess;
  /** Resolves once a container's health, or, where it has no check, its state, is as said. */
  until(container: string, state: State, limitMs?: number): Promise<void>;
}

export interface RunOptions {
  readonly cwd?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

type State = 'healthy' | 'unhealthy' | 'starting' | 'running' | 'exited' | 'paused' | 'restarting';

/** Hosts joined by a switch. */
export interface Hosts {
  readonly engines: Engines;
  host(name: string): Host;
  /** Ends containers and engines, and leaves nothing behind. Idempotent. */
  stop(): Promise<void>;
}

export interface HostsOptions {
  /** Which images each host has from the start. */
  readonly images: readonly (keyof ImageFiles)[];
  readonly tls?: string;
  readonly flags?: string;
  /** All they have is in memory where there is plenty: quicker, but what containers write counts as memory of theirs. */
  readonly inMemory?: boolean;
}

/** Starts hosts with images; they end with this process at the latest. */
export async function startHosts(names: readonly string[], options: HostsOptions): Promise<Hosts> {
  const files = inject('images');
  if (files === undefined) {
    throw new Error('no Docker engine can be started here; use describeOnDocker');
  }
  const images = options.images.map((image) => files[image]);
  const engines = await startEngines(names, { ...options, images });
  const hosts = new Map(names.map((name, index) => [name, hostOf(engines, name, index + 1)]));
  return {
    engines,
    host(name) {
      const host = hosts.get(name);
      if (host === undefined) {
        throw new Error(`no host ${name}`);
      }
      return host;
    },
    stop: () => engines.stop(),
  };
}

function hostOf(engines: Engines, name: string, number: number): Host {
  const dockerHost = engines.socketOf(name);
  const space = `--net=/run/netns/${engines.id}-${name}`;
  const start: Host['start'] = (command, argv, { cwd, environment } = {}) =>
    spawn('nsenter', [space, ...commandLine(command, argv)], {
      cwd,
      env: { ...process.env, DOCKER_HOST: dockerHost, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const tryDocker: Host['tryDocker'] = (...args) => endOf(start('docker', args));
  const docker: Host['docker'] = async (...args) => {
    const { code, stdout, stderr } = await tryDocker(...args);
    if (code !== 0) {
      throw new Error(`docker ${args.join(' ')} on ${name} ended with ${code}:\n${stderr}`);
    }
    return stdout.trim();
  };
  return {
    name,
    address: `10.77.${engines.net}.${number}`,
    dockerHost,
    docker,
    tryDocker,
    start,
    run: (command, argv, options) => endOf(start(command, argv, options)),
    async until(container, state, limitMs = 120_000) {
      const format = '{{if .State.Health}}{{.State.Health.Status}} {{end}}{{.State.Status}}';
      const deadline = performance.now() + limitMs;
      let seen = '';
      while (!seen.split(' ').includes(state)) {
        if (performance.now() > deadline) {
          const { stdout, stderr } = await tryDocker('logs', '--tail', '20', container);
          throw new Error(`${container} is ${seen}, not ${state}; its last words:\n${stdout}${stderr}`);
        }
        await wait(seen === '' ? 0 : 100);
        seen = await docker('inspect', '--format', format, container);
      }
    },
  };
}

/** How a process ended, and what it printed. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
