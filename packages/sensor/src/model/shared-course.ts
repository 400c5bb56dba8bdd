import type { GridCourse } from './grid-course.js';

const courses = new Map<string, WeakRef<GridCourse>>();
const registry = new FinalizationRegistry<string>((key) => {
  if (courses.get(key)?.deref() === undefined) {
    courses.delete(key);
  }
});

/**
 * One course object a room in this process, so that its cost is shared by the room's devices. Only cost: a course is a
 * pure function of its key, so another process that makes its own sees the same values. Held weakly: a course goes with
 * the last device that uses it.
 * @param key names everything the course depends on
 */
export function sharedCourse<T extends GridCourse>(key: readonly unknown[], make: () => T): T {
  const name = JSON.stringify(key);
  const known = courses.get(name)?.deref();
  if (known !== undefined) {
    return known as T;
  }
  const made = make();
  courses.set(name, new WeakRef(made));
  registry.register(made, name);
  return made;
}
