/**
 * Sequence numbers of one device by the time of their readings, for payload formats that carry no sequence number.
 * Kept as arithmetic runs, so a device with a fixed whole-millisecond delay costs one run; jitter and fractional
 * intervals cost about one run for two readings.
 */
export class SeqByTs {
  /** Runs by rising time: `seq + k` belongs to `ts + k * step`, for k < count. */
  readonly #seq: number[] = [];
  readonly #ts: number[] = [];
  readonly #step: number[] = [];
  readonly #count: number[] = [];

  /** How many runs the course takes. */
  get runs(): number {
    return this.#seq.length;
  }

  add(seq: number, ts: number): void {
    const last = this.#seq.length - 1;
    if (last >= 0 && seq === (this.#seq[last] as number) + (this.#count[last] as number)) {
      const count = this.#count[last] as number;
      const step = ts - (this.#ts[last] as number);
      if (count === 1 && step > 0) {
        this.#step[last] = step;
        this.#count[last] = 2;
        return;
      }
      if (count > 1 && step === (this.#step[last] as number) * count) {
        this.#count[last] = count + 1;
        return;
      }
    }
    // Truth rows come when a fate is known, so a run may belong before the last ones; runs never overlap.
    let at = last + 1;
    while (at > 0 && (this.#ts[at - 1] as number) > ts) {
      at--;
    }
    this.#seq.splice(at, 0, seq);
    this.#ts.splice(at, 0, ts);
    this.#step.splice(at, 0, 0);
    this.#count.splice(at, 0, 1);
  }

  /** The sequence numbers of the readings from `fromTs` to `toTs`, both included. */
  within(fromTs: number, toTs: number): number[] {
    const found: number[] = [];
    for (let i = this.#runBefore(toTs); i >= 0; i--) {
      const ts = this.#ts[i] as number;
      const step = this.#step[i] as number;
      const lastK = (this.#count[i] as number) - 1;
      const high = step === 0 ? 0 : Math.min(lastK, Math.floor((toTs - ts) / step));
      const low = step === 0 ? (ts >= fromTs ? 0 : 1) : Math.max(0, Math.ceil((fromTs - ts) / step));
      for (let k = high; k >= low; k--) {
        found.push((this.#seq[i] as number) + k);
      }
      if (ts + lastK * step < fromTs) {
        break;
      }
    }
    return found.reverse();
  }

  /** Index of the last run that begins at or before the time, or -1. */
  #runBefore(ts: number): number {
    let low = 0;
    let high = this.#ts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ts[middle] as number) <= ts) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
