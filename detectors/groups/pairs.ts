/** Lists of 64-bit hashes, low and high of each, in the order of the hashes as unsigned numbers. */

/** Below 0 if the first hash comes before the second, 0 if they are the same. */
export const ordered = (lowA: number, highA: number, lowB: number, highB: number) =>
  (highA >>> 0) - (highB >>> 0) || (lowA >>> 0) - (lowB >>> 0);

/**
 * The first `most` of these hashes in order. Hashes are keyed, so nobody chooses which ones these are, and agents that
 * know the same things keep the same of them.
 */
export function firstPairs(
  pairs: readonly (readonly [low: number, high: number])[],
  most: number,
): Int32Array {
  const sorted = pairs.toSorted((a, b) => ordered(a[0], a[1], b[0], b[1]));
  return Int32Array.from(sorted.slice(0, most).flat());
}

/** The hashes of a list. */
export function* pairsOf(list: Int32Array): Generator<readonly [low: number, high: number]> {
  for (let at = 0; at < list.length; at += 2) yield [list[at] ?? 0, list[at + 1] ?? 0];
}

/** Place of a hash in a sorted list of `width` numbers a hash; -1 if it is not there. */
export function pairPlace(list: Int32Array, width: number, low: number, high: number): number {
  let [from, to] = [0, list.length / width];
  while (from < to) {
    const middle = (from + to) >> 1;
    const order = ordered(list[middle * width] ?? 0, list[middle * width + 1] ?? 0, low, high);
    if (order === 0) return middle * width;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return -1;
}
