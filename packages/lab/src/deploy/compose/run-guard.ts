import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DockerAddress } from '../../docker/index.js';

/** What a lab tells the process that watches over its run. */
export type ToGuard =
  | {
      readonly kind: 'guard';
      readonly address: DockerAddress;
      readonly runId: string;
      readonly kafka: string;
    }
  | { readonly kind: 'kafka'; readonly isPaused: boolean }
  | { readonly kind: 'done' };

/** Node.js 20 runs no TypeScript: from source, as in tests, the program is the compiled one. */
const program = new URL(
  import.meta.url.endsWith('.ts')
    ? '../../../dist/deploy/compose/run-guard-process.js'
    : './run-guard-process.js',
  import.meta.url,
);

/**
 * A process that mends and removes what a run has broken and made, should the lab die before it does so itself: containers do not end with
 * the lab, and the Kafka of a project must not stay paused.
 */
export class RunGuard {
  readonly #child: ChildProcess;

  constructor(task: Omit<Extract<ToGuard, { kind: 'guard' }>, 'kind'>) {
    this.#child = fork(fileURLToPath(program), [], {
      execArgv: [],
      // Out of reach of the terminal's Ctrl-C.
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('error', () => {});
    this.#tell({ kind: 'guard', ...task });
  }

  /** The Kafka is about to be paused, or was resumed. */
  kafkaPaused(isPaused: boolean): void {
    this.#tell({ kind: 'kafka', isPaused });
  }

  /** Nothing is left to watch over. Idempotent. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.connected) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#tell({ kind: 'done' });
      await ended;
    }
  }

  #tell(message: ToGuard): void {
    if (this.#child.connected) {
      this.#child.send(message, () => {});
    }
  }
}
