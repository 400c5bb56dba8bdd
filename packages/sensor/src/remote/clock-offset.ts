/** How the clock of a fleet's machine stands to that of the lab's. */
export interface ClockOffset {
  /** The lab's time less the fleet's, ms; 0 where the measurement does not tell them apart. */
  readonly offsetMs: number;
  /** The true offset is within this of the measured one, ms: half the shortest round trip. */
  readonly uncertaintyMs: number;
}

/** One question for the time, all in ms since the epoch. */
export interface RoundTrip {
  /** This machine's time when it was asked, and when the answer came. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** The other machine's time in between. */
  readonly otherAt: number;
}

/**
 * The offset of another machine's clock, as NTP finds it (RFC 5905, section 8): of several round trips the shortest tells most.
 * An offset that the round trip itself may have made is none: on one machine the clocks are the same.
 */
export function clockOffsetOf(trips: readonly RoundTrip[]): ClockOffset {
  let best: ClockOffset = { offsetMs: 0, uncertaintyMs: Number.POSITIVE_INFINITY };
  for (const { askedAt, answeredAt, otherAt } of trips) {
    const uncertaintyMs = Math.max(0, answeredAt - askedAt) / 2;
    if (uncertaintyMs < best.uncertaintyMs) {
      const offsetMs = otherAt - (askedAt + answeredAt) / 2;
      best = { offsetMs: Math.abs(offsetMs) <= uncertaintyMs ? 0 : offsetMs, uncertaintyMs };
    }
  }
  return best;
}
