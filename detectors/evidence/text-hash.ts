/**
 * A 64-bit hash of a text, in two words. It is seeded with the keyed hash of the tenant's name, which nobody outside
 * knows, so that nobody can make two texts collide on purpose.
 */

/** Low and high word of the newest hash: read them before the next one is made. */
export const hashed = { low: 0, high: 0 };

/** Hashes a text; the answer stands in `hashed`. */
export function hashText(text: string, seedLow: number, seedHigh: number): void {
  let low = seedLow ^ 0x9e3779b1;
  let high = seedHigh ^ 0x85ebca6b;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = rotated(Math.imul(low ^ unit, 0xcc9e2d51), 15);
    high = rotated(Math.imul(high ^ unit, 0x1b873593), 13) ^ low;
  }
  finish(low ^ text.length, high);
}

/** Mixes a hash with a number: the same text in another place. The answer stands in `hashed`. */
export function hashPlace(low: number, high: number, place: number): void {
  finish(Math.imul(low ^ place, 0x85ebca6b), Math.imul(high + place, 0xc2b2ae35));
}

function finish(low: number, high: number): void {
  hashed.low = avalanche(low ^ Math.imul(high, 0x9e3779b1));
  hashed.high = avalanche(high ^ hashed.low);
}

/** The last step of MurmurHash3 by Austin Appleby (public domain): each bit comes to depend on all. */
function avalanche(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}

const rotated = (word: number, by: number) => (word << by) | (word >>> (32 - by));
