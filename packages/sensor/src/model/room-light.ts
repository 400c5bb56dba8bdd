import { LocalTime } from './local-time.js';
import type { ModelContext } from './sensor-type.js';
import { sharedCourse } from './shared-course.js';
import { SlowTerm } from './slow-term.js';
import { SwitchTerm, type TurnChances, turnChances } from './switch-term.js';

interface RoomLightParameters {
  readonly workStartHour: number;
  readonly workEndHour: number;
  readonly sunriseHour: number;
  readonly sunsetHour: number;
  readonly daylight: number;
  readonly cloudMinutes: number;
  readonly sun: number;
  readonly sunPerDay: number;
  readonly timeZone: string;
}

/** People come within a quarter of an hour, leave the lamps on for hours, and forget them for some time at night. */
const atWork = turnChances(4, 0.25);
const afterWork = turnChances(0.01, 1.5);
/** A patch of sun stays for a quarter of an hour. */
const sunOffPerHour = 4;
/** Mean and swing of the share of daylight that the clouds let through. */
const clearMean = 0.3;
const clearSd = 0.15;

/** What every light sensor of a room sees: its lamps, and its daylight. */
export class RoomLight {
  readonly #p: RoomLightParameters;
  readonly #time: LocalTime;
  readonly #lamps: SwitchTerm;
  readonly #clouds: SlowTerm;
  readonly #sun: SwitchTerm;

  constructor({ seed, room, startAt, parameters }: ModelContext<RoomLightParameters>) {
    const p = parameters;
    const time = LocalTime.of(p.timeZone) as LocalTime;
    const key = (purpose: string) => ({ seed, owner: `room ${room}`, purpose, startAt, shared: true });
    const base = [seed, room, startAt];
    this.#p = p;
    this.#time = time;
    this.#lamps = sharedCourse(['lamps', ...base, p.workStartHour, p.workEndHour, p.timeZone], () => {
      const chancesAt = (at: number): TurnChances => {
        const hour = time.hourOfDay(at);
        return hour >= p.workStartHour && hour < p.workEndHour && time.isWeekday(at) ? atWork : afterWork;
      };
      return new SwitchTerm(key('lamps'), chancesAt);
    });
    this.#clouds = sharedCourse(
      ['clouds', ...base, p.cloudMinutes],
      () => new SlowTerm(key('clouds'), p.cloudMinutes * 60_000),
    );
    const sunChances = turnChances(p.sunPerDay / (p.sunsetHour - p.sunriseHour), sunOffPerHour);
    this.#sun = sharedCourse(
      ['sun', ...base, sunChances.on],
      () => new SwitchTerm(key('sun'), () => sunChances),
    );
  }

  /** 1 while the lamps are on, else 0. */
  lampsAt(ts: number): number {
    return this.#lamps.stepped(ts);
  }

  /** Daylight at a mean place, lx; 0 from sunset to sunrise. */
  daylightAt(ts: number): number {
    const { sunriseHour, sunsetHour, daylight, sun } = this.#p;
    const hour = this.#time.hourOfDay(ts);
    if (hour <= sunriseHour || hour >= sunsetHour) {
      return 0;
    }
    const height = Math.sin((Math.PI * (hour - sunriseHour)) / (sunsetHour - sunriseHour));
    const clear = Math.min(1, Math.max(0.05, clearMean + clearSd * this.#clouds.interpolated(ts)));
    const beam = this.#sun.stepped(ts) === 0 ? 0 : sun * clear;
    return height * (daylight * clear + beam);
  }
}
