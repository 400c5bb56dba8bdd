import type { AttackSpec, Clock } from 'sensorsim-shared';
import type { SensorOptions } from '../options.js';
import type { LineSink } from '../record/line-sink.js';
import type { LineTarget } from '../record/line-target.js';
import type { Totals } from '../report/totals.js';
import type { Recorder } from '../sensor.js';
import { type RunStart, Share, type ShareDeps } from '../share.js';

/** Those who carry a fleet: this thread, or several. */
export interface Crew {
  /** Resolves when every connection has been tried. */
  connect(): Promise<void>;
  /** Makes the models; their courses begin at this device time. */
  prepare(startAt: number): Promise<void>;
  /** Resolves when all readings have been published or skipped, or after `stop`. */
  run(start: RunStart): Promise<void>;
  /** No further reading is made. */
  stop(): void;
  /** Awaits what is under way for up to `timeoutMs`, then disconnects. */
  close(timeoutMs: number): Promise<void>;
  totals(): Totals;
}

export interface CrewDeps {
  /** Machine time. */
  readonly machine: Clock;
  readonly log: (line: string) => void;
  /** The run cannot go on. */
  readonly onFatal: (error: Error) => void;
  readonly recorder?: Recorder | undefined;
  readonly out?: LineTarget | undefined;
  readonly makeClock?: ((start: RunStart) => Clock) | undefined;
  readonly attacks?: readonly AttackSpec[] | undefined;
  /** In this thread only. */
  readonly makePublisher?: ShareDeps['makePublisher'];
  /** In this thread only. */
  readonly onFate?: ShareDeps['onFate'];
  /** In this thread only. */
  readonly onSlice?: ShareDeps['onSlice'];
}

/** Makes the crew that `--workers` asks for. */
export async function makeCrew(options: SensorOptions, deps: CrewDeps): Promise<Crew> {
  if (options.workers === 1) {
    return LocalCrew.make(options, deps);
  }
  const { WorkerCrew } = await import('./worker-crew.js');
  return WorkerCrew.make(options, deps);
}

/** The whole fleet in this thread. */
class LocalCrew implements Crew {
  readonly #share: Share;

  private constructor(share: Share) {
    this.#share = share;
  }

  static async make(options: SensorOptions, deps: CrewDeps): Promise<LocalCrew> {
    const { recorder, onFatal } = deps;
    // Confirmations come in the middle of MQTT.js, which is no place to throw: a full disk ends the run from outside.
    const attempt = (write: () => void): void => {
      try {
        write();
      } catch (error) {
        onFatal(error as Error);
      }
    };
    const truth: LineSink | undefined = recorder && {
      append: (line) => attempt(() => recorder.truthLine(line)),
      endSlice: () => {},
    };
    const onConnection: ShareDeps['onConnection'] =
      recorder && ((event) => attempt(() => recorder.connection(event)));
    return new LocalCrew(await Share.make(options, { worker: 0, of: 1 }, { ...deps, truth, onConnection }));
  }

  connect(): Promise<void> {
    return this.#share.connect();
  }

  async prepare(startAt: number): Promise<void> {
    this.#share.prepare(startAt);
  }

  run(start: RunStart): Promise<void> {
    return this.#share.run(start);
  }

  stop(): void {
    this.#share.stop();
  }

  close(timeoutMs: number): Promise<void> {
    return this.#share.close(timeoutMs);
  }

  totals(): Totals {
    return this.#share.totals();
  }
}
