/**
 * Random numbers for simulations: one independent stream per path such as (seed, agent, purpose), so that whatever
 * is added to a simulation leaves the rest of it byte for byte as it was.
 */

/** A stream of random numbers. The same seed and path give the same numbers everywhere. */
export interface Random {
  /** Uniform in [0, 1), in steps of 2^-32. */
  unit(): number;
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number;
  /** True with probability `probability`. */
  chance(probability: number): boolean;
  /** One item, all equally likely. @throws RangeError if the list is empty. */
  pick<Item>(items: readonly Item[]): Item;
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string;
  /** Waiting time to the next event of a Poisson process with this mean, in the unit of the mean. */
  exponential(mean: number): number;
  /** Lognormal with this median, in its unit; `spread` is the standard deviation of the logarithm. */
  lognormal(median: number, spread: number): number;
}

/** Opens the stream of a seed and path. */
export function random(seed: number, ...path: readonly (string | number)[]): Random {
  const next = sfc32([seed, ...path].join("/"));
  const unit = () => next() / 0x1_0000_0000;
  const below = (count: number) => Math.floor(unit() * count);
  const exponential = (mean: number) => -mean * Math.log(1 - unit());
  return {
    unit,
    below,
    chance: (probability) => unit() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("there is nothing to pick from");
      return item;
    },
    hex: (digits) => {
      let text = "";
      while (text.length < digits) text += next().toString(16).padStart(8, "0");
      return text.slice(0, digits);
    },
    exponential,
    lognormal: (median, spread) => median * Math.exp(spread * normal(unit)),
  };
}

/** Standard normal by Box and Muller. */
function normal(unit: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
}

/** Chris Doty-Humphrey's sfc32 (PractRand): 128 bits of state, all of them taken from the path. */
function sfc32(path: string): () => number {
  let a = murmur(path, 1);
  let b = murmur(path, 2);
  let c = murmur(path, 3);
  let counter = murmur(path, 4);
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** A 32-bit hash in the manner of MurmurHash3, over UTF-16 code units. */
function murmur(text: string, seed: number): number {
  let hash = Math.imul(seed, 0x9e3779b1);
  for (let at = 0; at < text.length; at++) {
    hash ^= Math.imul(text.charCodeAt(at), 0xcc9e2d51);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
