import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, kafkaVersion } from '../kafka-jars.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Files for `docker load`, named after what they are made of, so that the same is made once. */
export interface ImageFiles {
  /** The stand-in of node:24-slim. */
  readonly base: string;
  /** The stand-in of apache/kafka. */
  readonly kafka: string;
  /** sensorsim/sensor, sensorsim/gateway and sensorsim/lab, each under `latest` and the version. */
  readonly sensorsim: string;
}

/** Where the files for this tree are, made already or not. */
export function imageFiles(): ImageFiles {
  const folder = join(cacheFolder(process.env), 'images');
  mkdirSync(folder, { recursive: true });
  const support = 'test/support/docker';
  const base = hashOf([`${support}/base-image.sh`]);
  const kafka = hashOf([`${support}/kafka-image.sh`, `${support}/kafka-image`], base, kafkaVersion);
  const sensorsim = hashOf(
    [
      ...[
        'package.json',
        'package-lock.json',
        'tsconfig.json',
        'tsconfig.base.json',
        '.dockerignore',
        'LICENSE',
      ],
      ...['images/assemble.js', 'images/sensor', 'images/gateway', 'images/lab', 'scripts/images.js'],
      ...['shared', 'sensor', 'gateway', 'lab'].flatMap((name) =>
        ['package.json', 'tsconfig.json', 'src', ...(name === 'shared' ? [] : ['bin'])].map(
          (part) => `packages/${name}/${part}`,
        ),
      ),
    ],
    base,
  );
  return {
    base: join(folder, `base-${base}.tar`),
    kafka: join(folder, `kafka-${kafka}.tar`),
    sensorsim: join(folder, `sensorsim-${sensorsim}.tar`),
  };
}

/** Which of them have to be made. */
export function missingOf(files: ImageFiles): (keyof ImageFiles)[] {
  return (['base', 'kafka', 'sensorsim'] as const).filter((name) => !existsSync(files[name]));
}

/** Removes those of earlier trees: each has some hundred megabytes. */
export function removeOthers(files: ImageFiles): void {
  const kept: readonly string[] = Object.values(files);
  const folder = join(files.base, '..');
  for (const name of readdirSync(folder)) {
    if (!kept.includes(join(folder, name))) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Of files and of all files below folders; tests and fixtures are not in the images. */
function hashOf(paths: readonly string[], ...more: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(more));
  for (const path of paths) {
    const whole = join(root, path);
    const below = statSync(whole).isDirectory()
      ? readdirSync(whole, { recursive: true, encoding: 'utf8' })
      : [''];
    for (const file of below.sort()) {
      const each = join(whole, file);
      if (statSync(each).isFile() && !/\.(test|fixture)\.ts$/.test(each)) {
        hash.update(`\0${path}/${file}\0`).update(readFileSync(each));
      }
    }
  }
  return hash.digest('hex').slice(0, 16);
}
