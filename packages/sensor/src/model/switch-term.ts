import type { RandomStream } from 'sensorsim-shared';
import { type CourseKey, GridCourse } from './grid-course.js';

/** How often a switch turns at a time of day, per hour: 2 means once in half an hour on average. */
export interface SwitchRates {
  onPerHour: number;
  offPerHour: number;
}

/** Fine enough that turning looks free of any raster beside readings of a second and more. */
const gridMs = 10_000;
const leadMs = 86_400_000;

/** A two-state Markov course, 0 or 1, whose rates follow the time of day; settles for a day before it begins. */
export class SwitchTerm extends GridCourse {
  readonly #ratesAt: (at: number) => SwitchRates;

  /** @param ratesAt called once a grid point; may return one object over and over */
  constructor(key: CourseKey, ratesAt: (at: number) => SwitchRates) {
    super(key, gridMs, leadMs);
    this.#ratesAt = ratesAt;
  }

  protected override first(): number {
    return 0;
  }

  protected override next(previous: number, at: number, random: RandomStream): number {
    const rates = this.#ratesAt(at);
    const perHour = previous === 0 ? rates.onPerHour : rates.offPerHour;
    const turns = random.uniform() < 1 - Math.exp((-perHour * gridMs) / 3_600_000);
    return turns ? 1 - previous : previous;
  }
}
