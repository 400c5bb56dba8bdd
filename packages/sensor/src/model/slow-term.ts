import type { RandomStream } from 'sensorsim-shared';
import { type CourseKey, GridCourse } from './grid-course.js';

/** Grid points a relaxation time: fine enough that straight lines between them lose 2 % of the variance at most. */
const pointsPerRelaxation = 36;

/**
 * A stationary AR(1) course of mean 0 and standard deviation 1: the exact discretisation of an Ornstein–Uhlenbeck
 * process on its grid, `x' = ρx + √(1−ρ²)·N(0,1)` with `ρ = exp(−grid/τ)` (Gillespie 1996, Phys. Rev. E 54, 2084).
 * Because the grid does not follow the sampling, neither do the statistics.
 */
export class SlowTerm extends GridCourse {
  readonly #persistence: number;
  readonly #innovationSd: number;

  /** @param relaxationMs τ: after it, 37 % of a deviation is left */
  constructor(key: CourseKey, relaxationMs: number) {
    super(key, Math.max(1, Math.round(relaxationMs / pointsPerRelaxation)));
    this.#persistence = Math.exp(-this.gridMs / relaxationMs);
    this.#innovationSd = Math.sqrt(1 - this.#persistence ** 2);
    this.begin();
  }

  protected override first(random: RandomStream): number {
    return random.normal();
  }

  protected override next(previous: number, _at: number, random: RandomStream): number {
    return this.#persistence * previous + this.#innovationSd * random.normal();
  }
}
