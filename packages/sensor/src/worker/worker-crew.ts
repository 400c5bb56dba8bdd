import { Worker } from 'node:worker_threads';
import { errorOfPlain, type PlainError, TimeHistogram } from 'sensorsim-shared';
import type { SensorOptions } from '../options.js';
import { mergeTraces } from '../pattern/interval-log.js';
import { noTotals, type Totals } from '../report/totals.js';
import type { RunStart } from '../share.js';
import type { Crew, CrewDeps } from './crew.js';
import type { CallKind, FromWorker, ToWorker, WireTotals, WorkerTask } from './protocol.js';
import { SliceMerger } from './slice-merger.js';

interface Call {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Hand {
  readonly worker: Worker;
  readonly calls: Map<CallKind, Call>;
  totals: Totals;
}

/** The fleet divided among worker threads. Lines of all come together here, in the order in which they were due. */
export class WorkerCrew implements Crew {
  readonly #deps: CrewDeps;
  readonly #hands: Hand[];
  readonly #merger: SliceMerger;
  #broken: Error | undefined;

  private constructor(options: SensorOptions, deps: CrewDeps) {
    this.#deps = deps;
    this.#merger = new SliceMerger({
      workers: options.workers,
      writeOut: (lines, count) => this.#writeOut(lines, count),
      writeTruth: (lines, count) => deps.recorder?.truthBytes(lines, count),
      credit: (worker) => this.#credit(worker),
    });
    this.#hands = Array.from({ length: options.workers }, (_, number) => this.#hire(options, number));
  }

  static async make(options: SensorOptions, deps: CrewDeps): Promise<WorkerCrew> {
    const crew = new WorkerCrew(options, deps);
    try {
      await Promise.all(crew.#hands.map((hand) => crew.#answer(hand, 'make')));
    } catch (error) {
      await crew.#dismiss();
      throw error;
    }
    return crew;
  }

  async connect(): Promise<void> {
    await this.#all({ kind: 'connect' });
  }

  async prepare(startAt: number): Promise<void> {
    await this.#all({ kind: 'prepare', startAt });
  }

  async run(start: RunStart): Promise<void> {
    await Promise.all(
      this.#hands.map(async (hand, number) => {
        await this.#call(hand, { kind: 'run', start });
        this.#merger.finish(number);
      }),
    );
  }

  stop(): void {
    this.#tell({ kind: 'stop' });
  }

  async close(timeoutMs: number): Promise<void> {
    try {
      if (this.#broken === undefined) {
        await this.#all({ kind: 'close', timeoutMs });
      }
      for (const number of this.#hands.keys()) {
        this.#merger.finish(number);
      }
    } finally {
      // Also where the last lines could not be written: a thread that is left keeps the process alive.
      await this.#dismiss();
    }
  }

  totals(): Totals {
    const sum = noTotals();
    const { counts, connections, latency, lateness } = sum;
    const reasons: Record<string, number> = {};
    for (const { totals } of this.#hands) {
      addTo(counts, totals.counts);
      addTo(connections, totals.connections);
      addTo(reasons, totals.reasons);
      latency.merge(totals.latency);
      lateness.merge(totals.lateness);
    }
    const all = this.#hands.map(({ totals }) => totals);
    return {
      ...sum,
      reasons,
      lastAt: Math.max(...all.map(({ lastAt }) => lastAt)),
      lastDue: Math.max(...all.map(({ lastDue }) => lastDue)),
      inFlight: all.reduce((total, { inFlight }) => total + inFlight, 0),
      last: all.flatMap(({ last }) => last),
      traces: mergeTraces(all.map(({ traces }) => traces)),
    };
  }

  #hire(options: SensorOptions, number: number): Hand {
    const task: WorkerTask = {
      options,
      thread: { worker: number, of: options.workers },
      attacks: this.#deps.attacks ?? [],
      recorded: this.#deps.recorder !== undefined,
    };
    const worker = new Worker(new URL('./worker-main.js', import.meta.url), { workerData: task });
    const hand: Hand = { worker, calls: new Map(), totals: noTotals() };
    worker.on('message', (message: FromWorker) => {
      try {
        this.#onMessage(hand, number, message);
      } catch (error) {
        this.#break(error as Error);
      }
    });
    worker.on('error', (error) => this.#break(error));
    return hand;
  }

  #onMessage(hand: Hand, number: number, message: FromWorker): void {
    const { log, recorder, onFatal } = this.#deps;
    switch (message.kind) {
      case 'done':
        this.#settle(hand, message.call, message.error);
        break;
      case 'fatal':
        onFatal(errorOfPlain(message.error));
        break;
      case 'log':
        log(message.line);
        break;
      case 'connection':
        recorder?.connection(message.event);
        break;
      case 'totals':
        hand.totals = fromWireTotals(message.totals);
        break;
      case 'slice':
        this.#merger.add(number, message);
        break;
      case 'rows':
        recorder?.truthBytes(message.truth.bytes, message.truth.ends.length);
        break;
    }
  }

  /** Standard output may be behind: its credit is given when it has caught up. */
  #writeOut(lines: Buffer, count: number): void {
    this.#deps.out?.appendBytes(lines, count);
  }

  #credit(number: number): void {
    const { out } = this.#deps;
    const give = (): void => this.#hands[number]?.worker.postMessage({ kind: 'credit' } satisfies ToWorker);
    if (out?.full) {
      out.whenRoom(give);
    } else {
      give();
    }
  }

  #tell(message: ToWorker): void {
    for (const { worker } of this.#hands) {
      worker.postMessage(message);
    }
  }

  async #all(message: ToWorker & { kind: CallKind }): Promise<void> {
    await Promise.all(this.#hands.map((hand) => this.#call(hand, message)));
  }

  #call(hand: Hand, message: ToWorker & { kind: CallKind }): Promise<void> {
    hand.worker.postMessage(message);
    return this.#answer(hand, message.kind);
  }

  #answer(hand: Hand, call: CallKind): Promise<void> {
    if (this.#broken !== undefined) {
      return Promise.reject(this.#broken);
    }
    return new Promise((resolve, reject) => {
      hand.calls.set(call, { resolve, reject });
    });
  }

  #settle(hand: Hand, name: CallKind, error: PlainError | undefined): void {
    const call = hand.calls.get(name);
    hand.calls.delete(name);
    if (error === undefined) {
      call?.resolve();
    } else {
      call?.reject(errorOfPlain(error));
    }
  }

  /** A worker died, or its lines could not be written: nobody may wait for an answer. */
  #break(error: Error): void {
    this.#broken ??= error;
    this.#deps.onFatal(error);
    for (const { calls } of this.#hands) {
      for (const call of calls.values()) {
        call.reject(error);
      }
      calls.clear();
    }
  }

  async #dismiss(): Promise<void> {
    await Promise.all(this.#hands.map(({ worker }) => worker.terminate()));
  }
}

function addTo<K extends string>(sum: Record<K, number>, more: Readonly<Record<K, number>>): void {
  for (const [name, value] of Object.entries<number>(more)) {
    sum[name as K] = (sum[name as K] ?? 0) + value;
  }
}

function fromWireTotals(totals: WireTotals): Totals {
  return {
    ...totals,
    latency: TimeHistogram.decode(totals.latency),
    lateness: TimeHistogram.decode(totals.lateness),
  };
}
