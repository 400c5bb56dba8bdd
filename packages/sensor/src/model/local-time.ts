const dayMs = 86_400_000;
/** Every change of a zone's offset since 1970 falls on a quarter of an hour. */
const slotMs = 900_000;

const fixedOffset = /^(?:UTC)?([+-])(\d{1,2})(?::?(\d{2}))?$/;

const known = new Map<string, LocalTime>();

/** Local time of a zone without `Date` or `Intl` per call: the offset is kept for as long as it is known to hold. */
export class LocalTime {
  readonly #offsetAt: (ts: number) => number;
  #from = 0;
  #until = 0;
  #offsetMs = 0;

  private constructor(offsetAt: (ts: number) => number) {
    this.#offsetAt = offsetAt;
  }

  /**
   * The one clock of a zone in this process: making one costs more than a thousand readings.
   * @param zone IANA name as `Europe/Berlin`, `UTC`, or a fixed offset as `+02:00`
   * @returns undefined when there is no such zone
   */
  static of(zone: string): LocalTime | undefined {
    const time = known.get(zone) ?? LocalTime.#make(zone);
    if (time !== undefined) {
      known.set(zone, time);
    }
    return time;
  }

  static #make(zone: string): LocalTime | undefined {
    const fixed = fixedOffset.exec(zone);
    if (fixed !== null) {
      const minutes = Number(fixed[2]) * 60 + Number(fixed[3] ?? 0);
      const offsetMs = (fixed[1] === '-' ? -1 : 1) * minutes * 60_000;
      return minutes <= 18 * 60 && Number(fixed[3] ?? 0) < 60 ? new LocalTime(() => offsetMs) : undefined;
    }
    try {
      const format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      });
      return new LocalTime((ts) => zoneOffsetMs(format, ts));
    } catch {
      return undefined;
    }
  }

  /** Milliseconds of `ts` on the zone's own clock, counted like the epoch's. */
  localMs(ts: number): number {
    if (ts < this.#from || ts >= this.#until) {
      this.#learn(ts);
    }
    return ts + this.#offsetMs;
  }

  /** Hours since local midnight, 0 to below 24. */
  hourOfDay(ts: number): number {
    const local = this.localMs(ts);
    return (local - Math.floor(local / dayMs) * dayMs) / 3_600_000;
  }

  /** Monday to Friday on the zone's calendar. */
  isWeekday(ts: number): boolean {
    // 1 January 1970 was a Thursday: day 4 of a week that begins on Sunday.
    const day = (Math.floor(this.localMs(ts) / dayMs) + 4) % 7;
    return day >= 1 && day <= 5;
  }

  #learn(ts: number): void {
    const day = Math.floor(ts / dayMs) * dayMs;
    const offsetMs = this.#offsetAt(day);
    // No zone changes its offset twice within a day.
    if (offsetMs === this.#offsetAt(day + dayMs - slotMs)) {
      this.#from = day;
      this.#until = day + dayMs;
      this.#offsetMs = offsetMs;
      return;
    }
    this.#from = Math.floor(ts / slotMs) * slotMs;
    this.#until = this.#from + slotMs;
    this.#offsetMs = this.#offsetAt(this.#from);
  }
}

function zoneOffsetMs(format: Intl.DateTimeFormat, ts: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ts)) {
    part[type] = Number(value);
  }
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ts / 1_000) * 1_000;
}
