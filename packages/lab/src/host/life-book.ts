import { type GatewaySummary, machineNow } from 'sensorsim-shared';
import { type ConditionEffects, noEffects } from './conditions.js';
import { type GatewayLife, type LifeCounts, LifeSums } from './gateway-life.js';
import type { GatewayReport } from './host-messages.js';

/** How a life of a gateway ended. */
export type LifeEnd = Pick<GatewayLife, 'exitCode' | 'signal' | 'expected'>;

/** Writes down the lives of a gateway, one after another, and what they report; adds it all up. */
export class LifeBook {
  readonly #lives: GatewayLife[] = [];
  readonly #sums = new LifeSums();
  /** Of the lives that have ended. */
  #effects: ConditionEffects = noEffects;
  #report: GatewayReport | undefined;
  /** As last told by the present life. */
  #latency: string | undefined;
  #peakRssBytes = 0;

  /** Every life so far, the present one last. */
  get lives(): readonly GatewayLife[] {
    return this.#lives;
  }

  /** The last report of the present life; undefined: it has made none, or there is none. */
  get report(): GatewayReport | undefined {
    return this.#report;
  }

  /** The most memory that any life had at any time, bytes; 0: not known yet. */
  get peakRssBytes(): number {
    return this.#peakRssBytes;
  }

  /** What the conditions have touched in all lives together, as of the last report. */
  get effects(): ConditionEffects {
    const now = this.#report?.effects ?? noEffects;
    return {
      topic: this.#effects.topic + now.topic,
      disk: this.#effects.disk + now.disk,
      starts: this.#effects.starts + now.starts,
    };
  }

  /** What all lives have counted so far, together. */
  summary(): GatewaySummary {
    return this.#sums.with(this.#present());
  }

  begin(pid: number): void {
    this.#lives.push({
      number: this.#lives.length + 1,
      pid,
      startedAt: machineNow(),
      readyAt: undefined,
      endedAt: undefined,
      exitCode: null,
      signal: null,
      expected: false,
      counted: 'nothing',
      uncountedMs: 0,
    });
  }

  /** The present life is ready for devices. */
  ready(): GatewayLife {
    return this.#change({ readyAt: machineNow() });
  }

  /** @param isLast it counts all that the life did */
  take(report: GatewayReport, isLast: boolean): void {
    this.#peakRssBytes = Math.max(this.#peakRssBytes, report.peakRssBytes);
    this.#report = report;
    this.#latency = report.latency ?? this.#latency;
    if (isLast) {
      this.#change({ counted: 'whole' });
    }
  }

  /** The present life has ended. */
  end(how: LifeEnd): GatewayLife {
    const report = this.#report;
    const isWhole = this.#lives.at(-1)?.counted === 'whole';
    const endedAt = machineNow();
    const counts = this.#present();
    this.#effects = this.effects;
    if (counts !== undefined) {
      this.#sums.add(counts);
    }
    this.#latency = undefined;
    this.#report = undefined;
    return this.#change({
      ...how,
      endedAt,
      counted: isWhole ? 'whole' : report === undefined ? 'nothing' : 'last-report',
      uncountedMs: isWhole || report === undefined ? 0 : Math.max(0, endedAt - report.at),
    });
  }

  /** What the present life has counted; undefined: nothing is known. */
  #present(): LifeCounts | undefined {
    return this.#report && { summary: this.#report.snapshot, latency: this.#latency };
  }

  #change(change: Partial<GatewayLife>): GatewayLife {
    const life = { ...(this.#lives.at(-1) as GatewayLife), ...change };
    this.#lives[this.#lives.length - 1] = life;
    return life;
  }
}
