const mean = (/** @type {number[]} */ list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const sd = (/** @type {number[]} */ list) => {
  const m = mean(list);
  return Math.sqrt(mean(list.map((value) => (value - m) ** 2)));
};

/** What a window is judged by: how it moves, not at which level or hour. */
export const featureNames = [
  'step SD',
  'share of zero steps',
  'largest step',
  'lag-1 autocorrelation of steps',
  'residual SD about a 15 min mean',
  'longest flat run',
  'distinct values',
  'range',
  'net change',
  'share of reversals',
  'kurtosis of steps',
  'SD of 15 min changes',
  'curvature of 15 min means',
  'median size of nonzero steps',
];

/**
 * @param {number[]} x one value a minute
 * @returns {number[]} in the order of `featureNames`
 */
export function featuresOf(x) {
  const steps = x.slice(1).map((value, index) => value - (x[index] ?? 0));
  const moving = steps.filter((step) => Math.abs(step) > 1e-9);
  const stepSd = sd(steps);
  const stepMean = mean(steps);
  let lag = 0;
  let fourth = 0;
  let flat = 1;
  let longest = 1;
  steps.forEach((step, index) => {
    lag += index === 0 ? 0 : (step - stepMean) * ((steps[index - 1] ?? 0) - stepMean);
    fourth += (step - stepMean) ** 4;
    flat = Math.abs(step) > 1e-9 ? 1 : flat + 1;
    longest = Math.max(longest, flat);
  });
  let reversals = 0;
  moving.forEach((step, index) => {
    reversals += index > 0 && Math.sign(step) !== Math.sign(moving[index - 1] ?? 0) ? 1 : 0;
  });
  const residuals = x.map((value, index) => value - mean(x.slice(Math.max(0, index - 7), index + 8)));
  /** @type {number[]} */
  const quarters = [];
  for (let start = 0; start + 15 <= x.length; start += 15) {
    quarters.push(mean(x.slice(start, start + 15)));
  }
  const changes = quarters.slice(1).map((value, index) => value - (quarters[index] ?? 0));
  const turns = changes.slice(1).map((value, index) => value - (changes[index] ?? 0));
  const variance = Math.max(stepSd ** 2, 1e-12);
  const sizes = moving.map(Math.abs).sort((a, b) => a - b);
  return [
    stepSd,
    1 - moving.length / steps.length,
    Math.max(...steps.map(Math.abs)),
    lag / steps.length / variance,
    sd(residuals),
    longest,
    new Set(x).size,
    Math.max(...x) - Math.min(...x),
    Math.abs((x.at(-1) ?? 0) - (x[0] ?? 0)),
    moving.length > 1 ? reversals / (moving.length - 1) : 0,
    fourth / steps.length / variance ** 2,
    sd(changes),
    sd(turns),
    sizes[Math.floor(sizes.length / 2)] ?? 0,
  ];
}
