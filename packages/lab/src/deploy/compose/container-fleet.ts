import type { DockerEngine } from '../../docker/index.js';
import type { FleetTransport } from '../../remote/fleet-transport.js';
import { howEnded } from './container-end.js';

/**
 * Starts a container that a fleet plays in: its standard streams are the way to it.
 * @throws {SuiteError} what the engine throws
 */
export async function startContainerFleet(engine: DockerEngine, id: string): Promise<FleetTransport> {
  const { input, output, errors } = await engine.attach(id);
  try {
    await engine.start(id);
  } catch (error) {
    input.destroy();
    throw error;
  }
  const ended = howEnded(engine, id).then(async ({ words }) => {
    await closed(output);
    return words;
  });
  return {
    input,
    output,
    errors,
    ended,
    kill: async () => {
      const isKilled = await engine.kill(id).then(
        () => true,
        () => false,
      );
      // An engine that cannot be reached may tell of no end either.
      if (isKilled) {
        await ended;
      }
      input.destroy();
    },
  };
}

/** What was said before the end may come after it; one that nobody reads does not close. */
const lastWordsMs = 2_000;

function closed(stream: FleetTransport['output']): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, lastWordsMs);
    const done = (): void => {
      clearTimeout(limit);
      resolve();
    };
    stream.once('close', done);
    if (stream.closed) {
      done();
    }
  });
}
