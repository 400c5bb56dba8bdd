import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run-command.js';

/** The newest version of which every artefact below is published. */
export const kafkaVersion = '4.3.1';

/** Broker; console tools; a binding without which the broker's log is lost (Kafka's poms declare none). */
const artefacts = [
  ['org.apache.kafka', 'kafka_2.13', kafkaVersion],
  ['org.apache.kafka', 'kafka-tools', kafkaVersion],
  ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.3'],
];

/**
 * Folder of the cache: `SENSORSIM_CACHE`, or `.cache` of the project.
 * @param {NodeJS.ProcessEnv} env
 */
export function cacheFolder(env) {
  return env.SENSORSIM_CACHE || fileURLToPath(new URL('../../.cache', import.meta.url));
}

/**
 * Fetches Kafka's jars from Maven Central, once, and returns the class path to run it with.
 * @param {{ cache: string, say: (message: string) => void }} options
 * @returns {Promise<string>}
 */
export async function fetchKafkaJars({ cache, say }) {
  const folder = join(cache, `kafka-${kafkaVersion}`);
  if (!existsSync(folder)) {
    const started = performance.now();
    say(`Fetching Kafka ${kafkaVersion} from Maven Central into ${folder} (about 55 MB, once) …`);
    mkdirSync(cache, { recursive: true });
    // Fetched beside and renamed: a broken fetch leaves no half folder, and two at once do no harm.
    const fetching = mkdtempSync(join(cache, 'kafka-fetch-'));
    try {
      writeFileSync(join(fetching, 'pom.xml'), pom());
      await run('mvn', [
        '-q',
        '-B',
        '-f',
        join(fetching, 'pom.xml'),
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${join(fetching, 'jars')}`,
      ]);
      if (!existsSync(folder)) {
        renameSync(join(fetching, 'jars'), folder);
      }
    } finally {
      rmSync(fetching, { recursive: true, force: true });
    }
    say(`Kafka ${kafkaVersion} fetched in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  }
  return join(folder, '*');
}

function pom() {
  const dependencies = artefacts.map(
    ([group, artefact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artefact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>sensorsim</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>${dependencies.join('\n')}</dependencies></project>\n`;
}
