/** Chance that repeats: the same seed gives the same numbers. */

/** Numbers from 0 to below 1 (splitmix32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };
}

/** A part of the items, each taken with a probability of `share`. */
export function sampled<Item>(items: readonly Item[], share: number, chance: () => number): Item[] {
  return items.filter(() => chance() < share);
}

/** As many items as there are, drawn with replacement. */
export function redrawn<Item>(items: readonly Item[], chance: () => number): Item[] {
  return items.flatMap(() => items.slice(Math.floor(chance() * items.length)).slice(0, 1));
}
