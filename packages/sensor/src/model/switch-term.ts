import type { RandomStream } from 'sensorsim-shared';
import { type CourseKey, GridCourse } from './grid-course.js';

/** Fine enough that a raster of turning does not show beside the minutes and hours between turns. */
const gridMs = 30_000;
/** A course settles for a day before it begins. */
const leadMs = 86_400_000;

/** Chances to turn from one grid point to the next. */
export interface TurnChances {
  readonly on: number;
  readonly off: number;
}

/** The chances that belong to rates: 2 an hour means after half an hour on average. */
export function turnChances(onPerHour: number, offPerHour: number): TurnChances {
  const chance = (perHour: number) => 1 - Math.exp((-perHour * gridMs) / 3_600_000);
  return { on: chance(onPerHour), off: chance(offPerHour) };
}

/** A two-state Markov course, 0 or 1, whose chances may follow the time of day. */
export class SwitchTerm extends GridCourse {
  readonly #chancesAt: (at: number) => TurnChances;

  /** @param chancesAt called once a grid point */
  constructor(key: CourseKey, chancesAt: (at: number) => TurnChances) {
    super(key, gridMs, leadMs);
    this.#chancesAt = chancesAt;
    this.begin();
  }

  protected override first(): number {
    return 0;
  }

  protected override next(previous: number, at: number, random: RandomStream): number {
    const { on, off } = this.#chancesAt(at);
    return random.uniform() < (previous === 0 ? on : off) ? 1 - previous : previous;
  }
}
