import type { PartitionQueue } from './partition-queue.js';

/** How long records, or the cluster, may fail before it is called a failure: rolling restarts take less. */
const toleranceMs = 3_000;

/** Whether records become safe, judged by what became of requests. */
export class SinkHealth {
  readonly #now: () => number;
  readonly #failing = new Set<PartitionQueue>();
  #clusterFailingSince: number | undefined;
  /** When something last went well, machine time in ms. */
  lastGoodAt: number;
  /** What the last failure said. */
  lastProblem = '';

  constructor(now: () => number) {
    this.#now = now;
    this.lastGoodAt = now();
  }

  /** The cluster answers. */
  good(): void {
    this.lastGoodAt = this.#now();
    this.#clusterFailingSince = undefined;
  }

  /** The cluster does not answer. */
  bad(problem: string): void {
    this.lastProblem = problem;
    this.#clusterFailingSince ??= this.#now();
  }

  /** A partition's records do not become safe. */
  fails(queue: PartitionQueue, problem: string): void {
    this.lastProblem = problem;
    queue.failingSince ??= this.#now();
    this.#failing.add(queue);
  }

  /** @param waitingSince when each request that waits for its answer was sent; undefined: none */
  isGood(waitingSince: readonly (number | undefined)[]): boolean {
    const limit = this.#now() - toleranceMs;
    for (const queue of this.#failing) {
      if (queue.failingSince === undefined || queue.records.length === 0) {
        this.#failing.delete(queue);
      }
    }
    const since = [
      this.#clusterFailingSince,
      ...waitingSince,
      ...[...this.#failing].map((q) => q.failingSince),
    ];
    return since.every((at) => at === undefined || at > limit);
  }
}
