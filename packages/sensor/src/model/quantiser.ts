/**
 * Rounds to multiples of a device's resolution, as its converter does, to a number that prints short: the multiple is
 * formed in whole numbers and divided once, so that 2,134 steps of 0.01 are 21.34 and not 21.340000000000003.
 */
export class Quantiser {
  readonly #resolution: number;
  readonly #units: number;
  readonly #scale: number;

  /** @param resolution > 0, with at most 9 decimals */
  constructor(resolution: number) {
    let scale = 1;
    while (scale < 1e9 && Math.abs(Math.round(resolution * scale) - resolution * scale) > 1e-9 * scale) {
      scale *= 10;
    }
    this.#resolution = resolution;
    this.#units = Math.round(resolution * scale);
    this.#scale = scale;
  }

  round(value: number): number {
    // + 0 turns -0 into 0.
    return (Math.round(value / this.#resolution) * this.#units) / this.#scale + 0;
  }
}
