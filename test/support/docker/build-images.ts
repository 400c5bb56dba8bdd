import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fetchKafkaJars, kafkaVersion } from '../kafka-jars.js';
import { startEngines } from './engines.js';
import { type ImageFiles, missingOf, root } from './image-files.js';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const kafkaImage = `apache/kafka:${kafkaVersion}`;

/** Builds the images whose files are missing, on an engine of its own. Progress goes to `say`. */
export async function buildImages(files: ImageFiles, say: (message: string) => void): Promise<void> {
  const missing = missingOf(files);
  const engine = await startEngines([]);
  try {
    const docker = engine.socketOf('builder');
    const run = (file: string, args: readonly string[]) => runOn(docker, file, args);
    const save = async (to: string, images: readonly string[]) => {
      await run('docker', ['save', '--output', `${to}.part`, ...images]);
      renameSync(`${to}.part`, to);
    };
    const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
      const started = performance.now();
      const result = await work;
      say(`${what}: ${((performance.now() - started) / 1_000).toFixed(1)} s`);
      return result;
    };
    const support = join(root, 'test/support/docker');
    const base = async () => {
      if (missing.includes('base')) {
        await run(join(support, 'base-image.sh'), ['24', 'node:24-slim']);
        await save(files.base, ['node:24-slim']);
      } else {
        await run('docker', ['load', '--input', files.base]);
      }
    };
    const jars = missing.includes('kafka')
      ? fetchKafkaJars({ cache: cacheFolder(process.env), say })
      : Promise.resolve('');
    await timed('base of the images', base());
    // At the same time, because the one mostly waits for packages and the other for the disk.
    await Promise.all([
      missing.includes('kafka') &&
        timed(
          "stand-in of Kafka's image",
          jars
            .then((path) => run(join(support, 'kafka-image.sh'), [join(path, '..'), kafkaImage]))
            .then(() => save(files.kafka, [kafkaImage])),
        ),
      missing.includes('sensorsim') &&
        timed(
          'images of sensor, gateway and lab',
          run(process.execPath, [join(root, 'scripts/images.js'), '--network', 'host']).then(() =>
            save(
              files.sensorsim,
              ['sensor', 'gateway', 'lab'].flatMap((name) => [
                `sensorsim/${name}:latest`,
                `sensorsim/${name}:${version}`,
              ]),
            ),
          ),
        ),
    ]);
  } finally {
    await engine.stop();
  }
}

/** Runs a program against an engine, and throws with its last words where it fails. */
async function runOn(docker: string, file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, args, {
    env: { ...process.env, DOCKER_HOST: docker },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  const keep = (chunk: Buffer) => {
    words = (words + chunk).slice(-8_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const [code] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${words}`);
  }
}
