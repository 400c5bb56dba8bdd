import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isFree } from './free-port.js';
import { writeKafkaConfig } from './kafka-config.js';
import { cacheFolder, fetchKafkaJars } from './kafka-jars.js';
import { kafkaAnswers } from './kafka-probe.js';
import { run } from './run-command.js';

/**
 * @typedef {object} KafkaOptions
 * @property {number} [port] where clients connect, on 127.0.0.1; absent: a free one
 * @property {number} [partitions] of topics made without saying how many; default 8
 * @property {import('./kafka-config.js').Security} [security] default plaintext
 * @property {string} [heap] of the broker, as `256m` (the default)
 * @property {'quick' | 'full'} [jit] `quick` (default) halves the CPU of the start; `full` is for benchmarks
 * @property {Readonly<Record<string, string>>} [properties] further lines of server.properties
 * @property {string} [dataDir] kept after stop; absent: a temporary folder, removed at stop
 * @property {(message: string) => void} [say] told what is going on; absent: nobody
 */

/**
 * A running broker.
 * @typedef {object} Kafka
 * @property {string} bootstrap `127.0.0.1:PORT`
 * @property {number} port
 * @property {number} pid of the broker's process; another after a restart
 * @property {string} dir holds server.properties, kafka.log, the data, and with TLS ca.pem, client.pem, client-key.pem
 * @property {import('./kafka-config.js').Security} security
 * @property {string} classPath to run Kafka's own tools with
 * @property {() => Promise<void>} stop ends it cleanly, and removes the folder where it was temporary; idempotent
 * @property {() => Promise<void>} kill SIGKILL, with the folder kept for `restart`
 * @property {() => void} freeze SIGSTOP: connections are accepted, nothing is answered
 * @property {() => void} thaw SIGCONT
 * @property {() => Promise<void>} restart starts it again on the same ports and data, and waits until it answers
 * @property {Promise<void>} ended resolves when the process that runs at present has ended
 */

const startLimitMs = 90_000;

/**
 * Starts a real single-node Kafka (KRaft) from Maven Central's jars and waits until it answers a request.
 * @param {KafkaOptions} [options]
 * @returns {Promise<Kafka>}
 */
export async function startKafka(options = {}) {
  const { security = 'plaintext', partitions = 8, properties = {}, say = () => {} } = options;
  await javaVersion();
  const classPath = await fetchKafkaJars({ cache: cacheFolder(process.env), say });
  const ports = await choosePorts(options.port);
  const dir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'sensorsim-kafka-'));
  mkdirSync(dir, { recursive: true });
  refuseRunning(dir);
  await writeKafkaConfig({ dir, ports, partitions, security, properties });
  const config = join(dir, 'server.properties');
  const logging = `-Dlog4j2.configurationFile=file:${join(dir, 'log4j2.properties')}`;
  if (!existsSync(join(dir, 'log', 'meta.properties'))) {
    await run('java', [
      ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', logging, '-cp', classPath],
      ...['kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', config, ...scramUsers(security)],
    ]);
  }
  const { heap = '256m', jit = 'quick' } = options;
  const flags = jit === 'quick' ? ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'] : ['-XX:+UseG1GC'];
  const javaArgs = [`-Xms${heap}`, `-Xmx${heap}`, ...flags, logging, '-cp', classPath, 'kafka.Kafka', config];

  /** @type {import('node:child_process').ChildProcess} */
  let child;
  /** @type {Promise<void>} */
  let ended;
  const killAtExit = () => child.kill('SIGKILL');
  const launch = async () => {
    const started = performance.now();
    const log = openSync(join(dir, 'kafka.log'), 'a');
    // A group of its own: Ctrl-C on the terminal reaches us alone, and we stop it in order.
    child = spawn('java', javaArgs, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    process.once('exit', killAtExit);
    const launched = child;
    ended = once(child, 'exit').then(() => {
      process.off('exit', killAtExit);
    });
    writeFileSync(join(dir, 'kafka.pid'), `${child.pid}\n`);
    await waitUntilItAnswers(launched, { port: ports.client, tls: probeTls(security, dir), dir });
    say(
      `Kafka ${ports.client} answers after ${((performance.now() - started) / 1_000).toFixed(1)} s (pid ${child.pid})`,
    );
  };
  const endWith = async (/** @type {NodeJS.Signals} */ signal) => {
    // A frozen process takes a SIGTERM only when it runs again.
    child.kill('SIGCONT');
    child.kill(signal);
    await ended;
    rmSync(join(dir, 'kafka.pid'), { force: true });
  };
  await launch();
  return {
    bootstrap: `127.0.0.1:${ports.client}`,
    port: ports.client,
    get pid() {
      return /** @type {number} */ (child.pid);
    },
    dir,
    security,
    classPath,
    get ended() {
      return ended;
    },
    async stop() {
      if (options.dataDir === undefined) {
        // Nothing of it is kept, so nothing has to be written out.
        await endWith('SIGKILL');
        rmSync(dir, { recursive: true, force: true });
      } else {
        await endWith('SIGTERM');
      }
    },
    kill: () => endWith('SIGKILL'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async restart() {
      await endWith('SIGKILL');
      await launch();
    },
  };
}

/** @returns {Promise<void>} */
async function javaVersion() {
  // `--version` prints on standard output, and only on Java 9 and later.
  const version = await run('java', ['--version']);
  const major = Number(/(\d+)/.exec(version)?.[1]);
  if (major < 17) {
    throw new Error(`Java ${major} is too old: Kafka needs 17 or later`);
  }
}

/** @param {number | undefined} wanted */
async function choosePorts(wanted) {
  if (wanted !== undefined && !(await isFree(wanted))) {
    throw new Error(`port ${wanted} is in use; choose another`);
  }
  const client = wanted ?? (await freePort());
  return { client, controller: await freePort(), internal: await freePort() };
}

/** @param {string} dir */
function refuseRunning(dir) {
  const file = join(dir, 'kafka.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (pid > 0) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    throw new Error(`a Kafka (pid ${pid}) already runs on ${dir}; stop it, or choose another folder`);
  }
}

/** 16 bytes in URL-safe base64 without padding; a leading dash would look like a flag. */
function clusterId() {
  const bytes = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  return bytes.toString('base64url').replace(/^-/, 'A');
}

/** @param {import('./kafka-config.js').Security} security */
function scramUsers(security) {
  return security === 'sasl-scram' || security === 'sasl-tls'
    ? ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=gateway,password=gateway-secret]`,
      ])
    : [];
}

/**
 * @param {import('./kafka-config.js').Security} security
 * @param {string} dir
 * @returns {import('node:tls').ConnectionOptions | undefined}
 */
function probeTls(security, dir) {
  const read = (/** @type {string} */ name) => readFileSync(join(dir, name));
  if (security === 'mutual-tls') {
    return { cert: read('client.pem'), key: read('client-key.pem') };
  }
  return security.endsWith('tls') ? {} : undefined;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {{ port: number, tls: import('node:tls').ConnectionOptions | undefined, dir: string }} options
 */
async function waitUntilItAnswers(child, { port, tls, dir }) {
  const deadline = performance.now() + startLimitMs;
  while (!(await kafkaAnswers({ port, tls, timeoutMs: 1_000 }))) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
      const log = readFileSync(join(dir, 'kafka.log'), 'utf8').trim().split('\n').slice(-15).join('\n');
      child.kill('SIGKILL');
      throw new Error(`Kafka did not start; the end of ${join(dir, 'kafka.log')}:\n${log}`);
    }
    await sleep(100);
  }
}
