/**
 * `npm run images`: builds the images of sensor, gateway and lab on the Docker engine that `docker` talks to, from this tree as
 * it is. Works with BuildKit and the classic builder; needs Node.js and a docker client, no installed dependencies.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const known = ['sensor', 'gateway', 'lab'];
const help = `Usage: npm run images -- [options]

Builds sensorsim/sensor, sensorsim/gateway and sensorsim/lab, tagged ${version} and latest.

  --only <names>         some of ${known.join(', ')}, divided by commas (default: all)
  --node-image <image>   Node.js 24.6 or later on glibc to build on (default: NODE_IMAGE, else node:24-slim)
  --network <mode>       network of the build, as in docker build --network (default: the engine's)
  --help                 show this help

The engine is docker's own choice: DOCKER_HOST, DOCKER_CONTEXT, or the socket of this machine.
`;

/** @param {string} message */
const say = (message) => void process.stderr.write(`${message}\n`);

/**
 * @param {number} code 2: bad usage, 3: no engine, 4: the build failed
 * @param {string} message
 * @returns {never}
 */
function fail(code, message) {
  say(`images: ${message}`);
  process.exit(code);
}

/** What docker prints; undefined where it fails. @param {string[]} args */
function ask(...args) {
  const { status, stdout } = spawnSync('docker', args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: known.join(',') },
        'node-image': { type: 'string', default: process.env.NODE_IMAGE || 'node:24-slim' },
        network: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    fail(2, `${/** @type {Error} */ (error).message}\n  See --help.`);
  }
}

/** Which builder there is: docker 23 and later have BuildKit as a plugin, earlier ones have it built in. */
function builder() {
  if (process.env.DOCKER_BUILDKIT !== undefined) {
    return process.env.DOCKER_BUILDKIT;
  }
  const major = Number(ask('version', '--format', '{{.Client.Version}}')?.split('.')[0]);
  return ask('buildx', 'version') !== undefined || major < 23 ? '1' : '0';
}

/** The commit of the tree, with a mark where files differ from it; `unknown` outside a clone. */
function revision() {
  const git = (/** @type {string[]} */ ...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  const commit = git('rev-parse', 'HEAD');
  if (commit.status !== 0) {
    return 'unknown';
  }
  return commit.stdout.trim() + (git('status', '--porcelain').stdout.trim() === '' ? '' : '-dirty');
}

const options = readArguments();
if (options.help) {
  process.stdout.write(help);
  process.exit(0);
}
const names = options.only.split(',').map((name) => name.trim());
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  fail(2, `--only: there is no image "${unknown.join('", "')}"; known: ${known.join(', ')}`);
}

const reached = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
if (reached.error !== undefined) {
  fail(3, 'docker is not installed here (no "docker" in PATH). Debian: apt-get install docker.io');
}
if (reached.status !== 0) {
  const where = process.env.DOCKER_HOST ?? 'the socket of this machine';
  fail(
    3,
    `no Docker engine at ${where}:\n  ${reached.stderr.trim()}\n  Start one, or name another with DOCKER_HOST.`,
  );
}

const image = options['node-image'];
const environment = { ...process.env, DOCKER_BUILDKIT: builder() };
const started = performance.now();
for (const name of names) {
  say(`Building sensorsim/${name}:${version} on ${image} …`);
  const args = [
    ...['build', '--file', `images/${name}/Dockerfile`],
    ...['--tag', `sensorsim/${name}:${version}`, '--tag', `sensorsim/${name}:latest`],
    ...['--build-arg', `NODE_IMAGE=${image}`, '--build-arg', `VERSION=${version}`],
    ...['--build-arg', `REVISION=${revision()}`],
    ...(options.network === undefined ? [] : ['--network', options.network]),
    '.',
  ];
  // Standard output is for the table at the end.
  const { status, signal } = spawnSync('docker', args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    fail(
      4,
      `sensorsim/${name} was not built (${signal ?? `docker build ended with ${status}`}); its words are above`,
    );
  }
}

const megabytes = (/** @type {string | undefined} */ bytes) => Number(bytes) / 1e6;
const size = (/** @type {string} */ of) => megabytes(ask('image', 'inspect', '--format', '{{.Size}}', of));
const base = size(image);
say(`Built in ${((performance.now() - started) / 1_000).toFixed(1)} s.`);
for (const name of names) {
  const whole = size(`sensorsim/${name}:${version}`);
  // BuildKit keeps what it builds on to itself: the base may not be an image here.
  const over = Number.isFinite(base) ? `, ${(whole - base).toFixed(1)} MB over ${image}` : '';
  process.stdout.write(`sensorsim/${name}:${version}  ${whole.toFixed(1)} MB${over}\n`);
}
