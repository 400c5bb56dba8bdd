/** The schedules begin this much after the last fleet is ready, machine ms: fleets in other places are to hear of it before. */
const leadMs = 250;

/** Lets several fleets begin at one instant: each waits until all are ready. */
export class StartGate {
  readonly #fleets: number;
  readonly #now: () => number;
  readonly #onOpen: (machineStartAt: number) => void;
  readonly #open: Promise<{ readonly machineStartAt: number }>;
  #resolve!: (start: { readonly machineStartAt: number }) => void;
  #arrived = 0;

  /**
   * @param now machine time, ms since the epoch
   * @param onOpen called when all are ready, before any begins
   */
  constructor(fleets: number, now: () => number, onOpen: (machineStartAt: number) => void) {
    this.#fleets = fleets;
    this.#now = now;
    this.#onOpen = onOpen;
    this.#open = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** A fleet is ready; resolves when it may begin. */
  readonly arrive = (): Promise<{ readonly machineStartAt: number }> => {
    this.#arrived++;
    if (this.#arrived === this.#fleets) {
      const machineStartAt = Math.ceil(this.#now() + leadMs);
      this.#onOpen(machineStartAt);
      this.#resolve({ machineStartAt });
    }
    return this.#open;
  };
}
