import { messageOf, SuiteError } from 'sensorsim-shared';
import type { ContainerSpec, DockerEngine } from '../../docker/index.js';
import { runLabel } from './run-labels.js';

/** The containers that a run has made, and their removal. */
export class RunContainers {
  readonly #engine: DockerEngine;
  readonly #runId: string;
  readonly #names: string[] = [];

  constructor(engine: DockerEngine, runId: string) {
    this.#engine = engine;
    this.#runId = runId;
  }

  /** Names of all that were made, in order. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** @returns its name. @throws {SuiteError} what the engine throws */
  async make(spec: ContainerSpec): Promise<string> {
    await this.#engine.create(spec);
    this.#names.push(spec.name);
    return spec.name;
  }

  /** Removes all of them, also one whose making was not answered in time. @throws {SuiteError} what the engine throws */
  async remove(): Promise<void> {
    const left = await this.#engine.list(`${runLabel}=${this.#runId}`);
    const results = await Promise.allSettled(left.map(({ Id }) => this.#engine.remove(Id)));
    for (const result of results) {
      if (result.status === 'rejected') {
        throw result.reason;
      }
    }
  }

  /** Removes what an error has left half made. @returns the error, with what was removed */
  async removeAfter(error: unknown): Promise<unknown> {
    const names = [...this.#names];
    let what = `removed what had been made: ${names.join(', ')}`;
    try {
      await this.remove();
    } catch (failure) {
      what = `could not remove what had been made (${messageOf(failure)}): docker rm -f ${names.join(' ')}`;
    }
    if (!(error instanceof SuiteError) || names.length === 0) {
      return error;
    }
    const { code, message, hint, retryable, problems } = error;
    return new SuiteError(code, message, { hint, retryable, problems: [...problems, what], cause: error });
  }
}
