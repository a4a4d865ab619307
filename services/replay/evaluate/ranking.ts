/** How well scores tell attacks from benign sessions. */

/** Probability that an attack has a higher score than a benign session; ties count half. NaN if one side is empty. */
export function auc(benign: readonly number[], attacks: readonly number[]): number {
  const sorted = [...benign].sort((a, b) => a - b);
  let wins = 0;
  for (const score of attacks)
    wins += below(sorted, score) + (atMost(sorted, score) - below(sorted, score)) / 2;
  return wins / (benign.length * attacks.length);
}

/** The lowest threshold above which at most `rate` of the scores lie; -Infinity if there are none. */
export function thresholdAtRate(benign: readonly number[], rate: number): number {
  const sorted = [...benign].sort((a, b) => b - a);
  // Rates are decimal fractions: 0.29 * 100 must not become 28.
  return sorted[Math.floor(rate * sorted.length + 1e-9)] ?? Number.NEGATIVE_INFINITY;
}

/** Share of the scores above a threshold; NaN if there are none. */
export function shareAbove(scores: readonly number[], threshold: number): number {
  return scores.filter((score) => score > threshold).length / scores.length;
}

/** How many of the sorted numbers are below a value. */
const below = (sorted: readonly number[], value: number) => search(sorted, (other) => other < value);
/** How many of the sorted numbers are at most a value. */
const atMost = (sorted: readonly number[], value: number) => search(sorted, (other) => other <= value);

function search(sorted: readonly number[], isBefore: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle] ?? Number.POSITIVE_INFINITY)) low = middle + 1;
    else high = middle;
  }
  return low;
}
