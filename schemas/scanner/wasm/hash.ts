/**
 * The keyed hash of texts, 64 bits, 8 bytes at a time. All that a text is multiplied with is secret: who does not know the
 * key cannot tell how a difference between two texts goes on. Only one in the highest bit would stay where it is through a
 * multiplication; hence the turn, before the next. Texts of one length that differ within 8 bytes alone never collide.
 */
import { KEY, MASK_END } from "./memory";

/** The hash of no bytes yet. */
export function hashStart(): u64 {
  return load<u64>(KEY);
}

/** Mixes 16 bytes in. */
export function hashStep(hash: u64, bytes: v128): u64 {
  const half = withHalf(hash, i64x2.extract_lane(bytes, 0) * load<u64>(KEY + 8));
  return withHalf(half, i64x2.extract_lane(bytes, 1) * load<u64>(KEY + 16));
}

function withHalf(hash: u64, product: u64): u64 {
  const mixed = (hash ^ rotl(product, 32)) * load<u64>(KEY + 24);
  return mixed ^ (mixed >> 32);
}

/** The last step, for a text of this many bytes, after which each bit depends on all. */
export function hashEnd(hash: u64, length: usize): u64 {
  const mixed = (hash ^ (length as u64)) * 0xff51afd7ed558ccd;
  return mixed ^ (mixed >> 29);
}

/** The first bytes of 16, the others zero. */
export function firstOf(bytes: v128, count: usize): v128 {
  return v128.and(bytes, v128.load(MASK_END - count));
}

/** The hash of any bytes. */
export function hashOf(from: usize, to: usize): u64 {
  let hash = load<u64>(KEY);
  let at = from;
  for (; at + 16 <= to; at += 16) hash = hashStep(hash, v128.load(at));
  return hashEnd(hashStep(hash, firstOf(v128.load(at), to - at)), to - from);
}
