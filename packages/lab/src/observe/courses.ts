import type { Course } from './lab-view.js';

/** A reading as a fleet's snapshot shows it. */
export interface ShownReading {
  readonly id: string;
  readonly type: string;
  readonly unit: string;
  readonly value: number;
  readonly seq: number;
}

const keptValues = 60;

/** Remembers the last values of the devices that are shown, those of one type together. */
export class Courses {
  readonly #courses = new Map<string, { seq: number; course: Course & { values: number[] } }>();

  /** Takes the present readings; one that was taken before changes nothing. */
  take(readings: readonly ShownReading[]): void {
    for (const { id, type, unit, value, seq } of readings) {
      const known = this.#courses.get(id);
      if (known === undefined) {
        this.#courses.set(id, { seq, course: { id, type, unit, values: [value] } });
      } else if (known.seq !== seq) {
        known.seq = seq;
        known.course.values.push(value);
        if (known.course.values.length > keptValues) {
          known.course.values.shift();
        }
      }
    }
  }

  /** By type, in the order in which the types were first seen, and by id within it. */
  get all(): Course[] {
    const courses = [...this.#courses.values()].map(({ course }) => course);
    const types = [...new Set(courses.map(({ type }) => type))];
    return types.flatMap((type) =>
      courses.filter((course) => course.type === type).sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
  }
}
