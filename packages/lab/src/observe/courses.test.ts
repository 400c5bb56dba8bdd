import { describe, expect, it } from 'vitest';
import { Courses } from './courses.js';

const reading = (id: string, type: string, seq: number, value = seq) => ({ id, type, unit: 'V', seq, value });

describe('Courses', () => {
  it('takes each reading once, and keeps devices of a type together', () => {
    const courses = new Courses();
    courses.take([reading('t-2', 'temperature', 0), reading('l-1', 'light', 0)]);
    courses.take([
      reading('t-2', 'temperature', 0),
      reading('l-1', 'light', 1),
      reading('t-1', 'temperature', 4),
    ]);
    expect(courses.all).toEqual([
      { id: 't-1', type: 'temperature', unit: 'V', values: [4] },
      { id: 't-2', type: 'temperature', unit: 'V', values: [0] },
      { id: 'l-1', type: 'light', unit: 'V', values: [0, 1] },
    ]);
  });

  it('forgets what no sparkline can show', () => {
    const courses = new Courses();
    for (let seq = 0; seq < 1_000; seq++) {
      courses.take([reading('a', 't', seq)]);
    }
    expect(courses.all[0]?.values).toHaveLength(60);
    expect(courses.all[0]?.values.at(-1)).toBe(999);
  });
});
