import { randomStream } from 'sensorsim-shared';
import type { z } from 'zod';
import { LocalTime } from './local-time.js';
import { numberParameter, timeZoneParameter } from './parameter.js';
import type { ModelContext } from './sensor-type.js';
import { sharedCourse } from './shared-course.js';
import { SlowTerm } from './slow-term.js';

/** What shapes a room's temperature; the same names in every type that feels it. */
export const roomClimateParameters = {
  amplitude: numberParameter(1, { min: 0, max: 50 }, 'half of the room’s daily swing, °C'),
  peakHour: numberParameter(
    14,
    { min: 0, max: 24 },
    'local time of the daily peak, hours; rooms differ by up to 1 h',
  ),
  roomSd: numberParameter(0.6, { min: 0, max: 50 }, 'standard deviation of the room’s slow course, °C'),
  roomHours: numberParameter(
    24,
    { min: 0.01, max: 1000 },
    'relaxation time of the room’s slow course, hours',
  ),
  timeZone: timeZoneParameter(),
};

type RoomClimateParameters = {
  readonly [K in keyof typeof roomClimateParameters]: z.infer<(typeof roomClimateParameters)[K]>;
};

const radiansPerHour = (2 * Math.PI) / 24;

/** How far a room is from its mean temperature, °C: the daily course and the room's own slow one. */
export class RoomClimate {
  readonly #time: LocalTime;
  readonly #amplitude: number;
  readonly #peakHour: number;
  readonly #roomSd: number;
  readonly #slow: SlowTerm;

  constructor({ seed, room, startAt, parameters }: ModelContext<RoomClimateParameters>) {
    const { amplitude, peakHour, roomSd, roomHours, timeZone } = parameters;
    const owner = `room ${room}`;
    this.#time = LocalTime.of(timeZone) as LocalTime;
    this.#amplitude = amplitude;
    // Rooms face different ways: their peaks are up to an hour apart from the mean.
    this.#peakHour = peakHour + 2 * randomStream(seed, owner, 'peak').uniform() - 1;
    this.#roomSd = roomSd;
    this.#slow = sharedCourse(
      ['temperature', seed, room, startAt, roomHours],
      () =>
        new SlowTerm({ seed, owner, purpose: 'temperature', startAt, shared: true }, roomHours * 3_600_000),
    );
  }

  deviationAt(ts: number): number {
    const daily = Math.cos((this.#time.hourOfDay(ts) - this.#peakHour) * radiansPerHour);
    return this.#amplitude * daily + this.#roomSd * this.#slow.interpolated(ts);
  }
}
