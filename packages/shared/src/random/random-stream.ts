import seedrandom from 'seedrandom';

/** A reproducible stream of random numbers. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal: mean 0, standard deviation 1. */
  normal(): number;
}

class AleaStream implements RandomStream {
  readonly uniform: () => number;
  /** The second number of the last pair, or NaN. */
  #spare = Number.NaN;

  constructor(key: string) {
    this.uniform = seedrandom.alea(key);
  }

  /** Marsaglia's polar method: two normals a pair of uniforms inside the unit circle. */
  normal(): number {
    const spare = this.#spare;
    if (!Number.isNaN(spare)) {
      this.#spare = Number.NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const factor = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spare = v * factor;
        return u * factor;
      }
    }
  }
}

/**
 * The stream of one purpose of one owner (a device, a room) under a run's seed. Streams are independent: adding a
 * device, or a purpose, changes no other stream. Generator: Alea (Johannes Baagøe), from seedrandom.
 */
export function randomStream(seed: string, owner: string, purpose: string): RandomStream {
  // The length prefixes keep ("a", "b/c") and ("a/b", "c") apart.
  return new AleaStream(`${seed.length}:${seed}/${owner.length}:${owner}/${purpose}`);
}
