/** A median and its 95 % confidence interval. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const CONFIDENCE = 0.95;

/** Returns the quantile: `share` of the values do not exceed it. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle - 1)] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/**
 * Returns the median and its confidence interval. The interval is based on order statistics, so it is valid for any
 * distribution.
 */
function estimate(values: readonly number[]): Estimate {
  const sorted = values.toSorted((one, other) => one - other);
  const rank = lowRank(sorted.length);
  return {
    median: median(sorted),
    low: sorted[rank] ?? Number.NaN,
    high: sorted[sorted.length - 1 - rank] ?? Number.NaN,
  };
}

/** Returns the ratio of two subjects that were measured in the same rounds. */
export function ratio(values: readonly number[], base: readonly number[]): Estimate {
  return estimate(values.map((value, round) => value / (base[round] ?? Number.NaN)));
}

/**
 * Returns the rank of the lower limit of the interval. It is the highest one for which the interval contains the median
 * with this confidence, by the binomial distribution.
 */
function lowRank(count: number): number {
  let probability = 0.5 ** count;
  let below = probability;
  let rank = 0;
  while (rank < count / 2) {
    probability *= (count - rank) / (rank + 1);
    if (below + probability > (1 - CONFIDENCE) / 2) return rank;
    below += probability;
    rank += 1;
  }
  return 0;
}
