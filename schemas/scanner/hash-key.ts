/** The key of the hashes by which names are looked up and compared. */

/** Four secret numbers that key the hashes. */
export type HashKey = Readonly<{ low: number; high: number; lowFactor: number; highFactor: number }>;

/** Makes a hash key of 16 secret bytes. */
export function hashKey(secret: Uint8Array): HashKey {
  const word = (at: number) =>
    secret[at]! | (secret[at + 1]! << 8) | (secret[at + 2]! << 16) | (secret[at + 3]! << 24) | 0;
  // Mixed with constants, because replay's public key is all zeros; odd, or each multiplication would lose a bit.
  return {
    low: word(0) ^ 0x243f6a88,
    high: word(4) ^ 0x13198a2e,
    lowFactor: (word(8) ^ 0x9e3779b1) | 1,
    highFactor: (word(12) ^ 0x85ebca6b) | 1,
  };
}
