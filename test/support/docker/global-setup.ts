import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildImages } from './build-images.js';
import { missingForEngines } from './engines.js';
import { type ImageFiles, imageFiles, missingOf, removeOthers } from './image-files.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Images to load into hosts; undefined where no engine can be started here, and tests are skipped. */
    images: ImageFiles | undefined;
  }
}

const say = (message: string): void => void process.stderr.write(`[containers] ${message}\n`);

/**
 * Once a run, before the tests in containers: makes the images they need, or says why they are skipped.
 * Environment: SENSORSIM_REQUIRE_DOCKER=1 makes skipping a failure; SENSORSIM_IMAGE_FILES names a folder with base.tar,
 * kafka.tar and sensorsim.tar to take in place of building.
 */
export default async function setup(project: TestProject): Promise<void> {
  const missing = missingForEngines();
  if (missing.length > 0) {
    const words = `no Docker engine can be started here: ${missing.join(', ')} missing. Debian: docker.io iptables iproute2 openssl openjdk-17-jdk-headless maven, as root`;
    if (process.env.SENSORSIM_REQUIRE_DOCKER === '1') {
      throw new Error(`SENSORSIM_REQUIRE_DOCKER is set, and ${words}`);
    }
    say(`ALL TESTS IN CONTAINERS ARE SKIPPED: ${words}`);
    project.provide('images', undefined);
    return;
  }
  const made = process.env.SENSORSIM_IMAGE_FILES;
  if (made !== undefined) {
    const [base, kafka, sensorsim] = ['base', 'kafka', 'sensorsim'].map((name) => join(made, `${name}.tar`));
    project.provide('images', { base, kafka, sensorsim } as ImageFiles);
    return;
  }
  const files = imageFiles();
  const absent = missingOf(files);
  if (absent.length > 0) {
    const started = performance.now();
    say(`building images (${absent.join(', ')}) …`);
    await buildImages(files, say);
    say(`images built in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  }
  removeOthers(files);
  project.provide('images', files);
}
