/** The key of the hashes by which names are looked up and compared. */

/**
 * Four secret numbers of 64 bits: where a hash starts, and the factors of even and of odd halves and of each step, which are
 * odd, or each multiplication would lose a bit.
 */
export type HashKey = readonly [seed: bigint, even: bigint, odd: bigint, step: bigint];

/** Makes a hash key of 16 secret bytes. */
export function hashKey(secret: Uint8Array): HashKey {
  const words = new DataView(secret.buffer, secret.byteOffset);
  const [one, other] = [words.getBigUint64(0, true), words.getBigUint64(8, true)];
  // Mixed with constants, because replay's public key is all zeros.
  const part = (number: bigint) =>
    mixed(one + number * 0x9e3779b97f4a7c15n) ^ mixed(other - number * 0xd1342543de82ef95n);
  return [part(1n), part(2n) | 1n, part(3n) | 1n, part(4n) | 1n];
}

/** Each bit comes to depend on all: the last step of SplitMix64 by Sebastiano Vigna (public domain). */
function mixed(number: bigint): bigint {
  let bits = BigInt.asUintN(64, number);
  bits = BigInt.asUintN(64, (bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n);
  bits = BigInt.asUintN(64, (bits ^ (bits >> 27n)) * 0x94d049bb133111ebn);
  return bits ^ (bits >> 31n);
}
