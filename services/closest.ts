/** Longest name that is compared, in characters. */
const MOST = 64;

/**
 * The known name that a misspelt or unfinished one was most likely meant to be; undefined if none begins with it and none is near
 * (a third of its length).
 */
export function closest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().slice(0, MOST);
  if (wanted === "") return undefined;
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const near = known
    .map((candidate) => ({ candidate, distance: distance(wanted, candidate.toLowerCase()) }))
    .filter((one) => one.distance <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? known.find((candidate) => candidate.toLowerCase().startsWith(wanted));
}

/** Levenshtein: the fewest letters to insert, remove or change. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const changed = (row[j] ?? 0) + (to[j] === letter ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
