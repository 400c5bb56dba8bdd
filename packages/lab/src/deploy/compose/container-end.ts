import { messageOf } from 'sensorsim-shared';
import type { DockerEngine } from '../../docker/index.js';

/** How a container ended. */
export interface ContainerEnd {
  /** Null: the engine did not tell. */
  readonly exitCode: number | null;
  /** As `with exit code 137: out of memory, its limit is 128 MiB`. */
  readonly words: string;
}

/** Waits for the end of a container that was started. Never throws: an engine that is lost is an end too. */
export async function howEnded(engine: DockerEngine, id: string): Promise<ContainerEnd> {
  try {
    const exitCode = await engine.wait(id);
    const { State, HostConfig } = await engine.inspect(id);
    const limit = HostConfig.Memory ? `, its limit is ${Math.round(HostConfig.Memory / 1024 ** 2)} MiB` : '';
    const memory = State.OOMKilled ? `: out of memory${limit}` : '';
    const failure = State.Error ? `: ${State.Error}` : '';
    return { exitCode, words: `with exit code ${exitCode}${memory}${failure}` };
  } catch (error) {
    return { exitCode: null, words: `out of sight: ${messageOf(error)}` };
  }
}
