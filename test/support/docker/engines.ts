import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statfsSync } from 'node:fs';
import { freemem, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('hosts.sh', import.meta.url));

const memory = '/dev/shm';

/** Whether 4 GiB of files fit into memory, and leave as much. */
function hasRoomInMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > 4 * 2 ** 30 && freemem() > 8 * 2 ** 30;
  } catch {
    return false;
  }
}

/** What is missing here to start Docker engines, in words; nothing where they can be started. */
export function missingForEngines(): readonly string[] {
  const missing = ['dockerd', 'docker', 'iptables', 'ip', 'nsenter', 'openssl', 'java', 'mvn'].filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  );
  return process.getuid?.() === 0 ? missing : ['root', ...missing];
}

/** A folder of engines that `hosts.sh` started. Everything in it ends with this process, however that ends. */
export interface Engines {
  readonly dir: string;
  /** What names its namespaces: those are `id-name`. */
  readonly id: string;
  /** Hosts are 10.77.net.1 and so on; this machine is 10.77.net.254. */
  readonly net: number;
  /** The `DOCKER_HOST` of one. */
  socketOf(name: string): string;
  /** A command of hosts.sh about these engines. */
  script(command: string, ...args: readonly string[]): Promise<void>;
  /** Ends all, and leaves nothing behind. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts engines: hosts of these names, or, where there are none, one to build images, called `builder`.
 * @param options.tls folder with ca.pem, server-cert.pem and server-key.pem: the API is at port 2376 of each host too
 * @param options.flags further flags of each dockerd
 * @param options.inMemory keep all they have in memory where there is plenty: quicker, but what containers write counts as memory of theirs
 * @param options.images files of `docker save`: hosts have what is in them from the start
 */
export async function startEngines(
  names: readonly string[],
  options: {
    readonly tls?: string | undefined;
    readonly flags?: string | undefined;
    readonly inMemory?: boolean;
    readonly images?: readonly string[];
  } = {},
): Promise<Engines> {
  const dir = mkdtempSync(join(options.inMemory && hasRoomInMemory() ? memory : tmpdir(), 'ss-'));
  const net = freeNet();
  const id = `s${process.pid.toString(36)}${net.toString(36)}`;
  const environment = {
    ...process.env,
    HOSTS_ID: id,
    HOSTS_NET: String(net),
    ...(options.tls === undefined ? {} : { HOSTS_TLS: options.tls }),
    ...(options.flags === undefined ? {} : { HOSTS_FLAGS: options.flags }),
    HOSTS_IMAGES: options.images?.join(' ') ?? '',
  };
  const guard = startGuard(dir, environment);
  const stop = async (): Promise<void> => {
    if (guard.exitCode === null && guard.signalCode === null) {
      guard.ref();
      guard.stdin?.end();
      await once(guard, 'exit');
    }
  };
  const args = names.length === 0 ? ['builder', dir] : ['up', dir, ...names];
  // Not to be read to its end: the engines keep it open.
  const starting = spawn(script, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  starting.stderr.on('data', (chunk) => {
    words += chunk;
  });
  const [code] = await once(starting, 'exit');
  if (code !== 0) {
    await stop();
    throw new Error(`hosts.sh ${args.join(' ')} ended with ${code}:\n${words}`);
  }
  return {
    dir,
    id,
    net,
    socketOf: (name) => `unix://${dir}/${name}/docker.sock`,
    async script(command, ...more) {
      await promisify(execFile)(script, [command, dir, ...more], { env: environment });
    },
    stop,
  };
}

/** A process that outlives this one by as much as it takes to end the engines: it sees its standard input end. */
function startGuard(dir: string, environment: NodeJS.ProcessEnv): ChildProcess {
  const guard = spawn('sh', ['-c', 'cat >/dev/null; exec "$0" down "$1"', script, dir], {
    env: environment,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  return guard;
}

/** A number whose network nobody has here. */
function freeNet(): number {
  const taken = Object.values(networkInterfaces()).flatMap(
    (each) => each?.map(({ address }) => address) ?? [],
  );
  for (let tried = 0; tried < 100; tried++) {
    const net = 100 + ((process.pid + tried) % 100);
    if (!taken.includes(`10.77.${net}.254`)) {
      return net;
    }
  }
  throw new Error('all networks 10.77.100.0/24 to 10.77.199.0/24 are taken; see hosts.sh down');
}
