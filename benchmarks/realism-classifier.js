/** @typedef {{ feature: number, threshold: number, below: number, above: number }} Stump */

const rounds = 150;
const learningRate = 0.1;

/** Gradient-boosted stumps under logistic loss (Friedman 2001): small, and finds every single feature that gives away. */
export class BoostedStumps {
  /** @type {Stump[]} */
  #stumps = [];
  #bias = 0;

  /**
   * @param {number[][]} rows features, a row a window
   * @param {number[]} labels 1 or 0
   */
  constructor(rows, labels) {
    const positives = labels.reduce((sum, label) => sum + label, 0);
    this.#bias = Math.log(positives / (labels.length - positives));
    const scores = labels.map(() => this.#bias);
    const columns = (rows[0] ?? []).map((_, feature) => rows.map((row) => row[feature] ?? 0));
    const orders = columns.map((column) =>
      column.map((_, index) => index).sort((a, b) => (column[a] ?? 0) - (column[b] ?? 0)),
    );
    for (let round = 0; round < rounds; round += 1) {
      const chances = scores.map((score) => 1 / (1 + Math.exp(-score)));
      const gradients = chances.map((chance, index) => (labels[index] ?? 0) - chance);
      const curvatures = chances.map((chance) => Math.max(chance * (1 - chance), 1e-6));
      const stump = bestStump(columns, orders, gradients, curvatures);
      if (stump === undefined) {
        break;
      }
      this.#stumps.push(stump);
      rows.forEach((row, index) => {
        scores[index] = (scores[index] ?? 0) + vote(stump, row);
      });
    }
  }

  /** @param {number[]} row */
  score(row) {
    return this.#stumps.reduce((sum, stump) => sum + vote(stump, row), this.#bias);
  }

  /** How much each feature decides. @param {number} featureCount */
  weights(featureCount) {
    const weights = Array.from({ length: featureCount }, () => 0);
    for (const { feature, below, above } of this.#stumps) {
      weights[feature] = (weights[feature] ?? 0) + Math.abs(above - below);
    }
    return weights;
  }
}

/** @param {Stump} stump @param {number[]} row */
function vote(stump, row) {
  return (row[stump.feature] ?? 0) <= stump.threshold ? stump.below : stump.above;
}

/**
 * @param {number[][]} columns
 * @param {number[][]} orders
 * @param {number[]} gradients
 * @param {number[]} curvatures
 * @returns {Stump | undefined}
 */
function bestStump(columns, orders, gradients, curvatures) {
  const gradientSum = gradients.reduce((a, b) => a + b, 0);
  const curvatureSum = curvatures.reduce((a, b) => a + b, 0);
  let best;
  let bestGain = gradientSum ** 2 / (curvatureSum + 1) + 1e-9;
  for (const [feature, order] of orders.entries()) {
    const column = columns[feature] ?? [];
    let gradient = 0;
    let curvature = 0;
    for (const [position, index] of order.entries()) {
      gradient += gradients[index] ?? 0;
      curvature += curvatures[index] ?? 0;
      const value = column[index] ?? 0;
      const next = column[order[position + 1] ?? index] ?? 0;
      const below = gradient / (curvature + 1);
      const above = (gradientSum - gradient) / (curvatureSum - curvature + 1);
      const gain = gradient * below + (gradientSum - gradient) * above;
      if (value !== next && gain > bestGain) {
        bestGain = gain;
        best = {
          feature,
          threshold: (value + next) / 2,
          below: learningRate * below,
          above: learningRate * above,
        };
      }
    }
  }
  return best;
}

/**
 * Chance that a random positive scores above a random negative; ties count half.
 * @param {number[]} scores
 * @param {number[]} labels 1 or 0
 */
export function areaUnderCurve(scores, labels) {
  const positives = scores.filter((_, index) => labels[index] === 1);
  const negatives = scores.filter((_, index) => labels[index] === 0).sort((a, b) => a - b);
  /** How many negatives are below, or not above. @param {(negative: number) => boolean} counts */
  const countOf = (counts) => {
    let low = 0;
    let high = negatives.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (counts(negatives[middle] ?? 0)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  const wins = positives.map(
    (score) => (countOf((negative) => negative < score) + countOf((negative) => negative <= score)) / 2,
  );
  return wins.reduce((a, b) => a + b, 0) / (positives.length * negatives.length);
}
