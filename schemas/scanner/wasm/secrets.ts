/** Whether a text could be a secret, so that few texts have to be judged by regular expressions (see secret-pairs.ts). */
import { looksSecret } from "./host";
import { KNOWN, KNOWN_TEXTS, MASK_END, PAIR_RULES, PAIR_RULES_END, PAIR_TABLES } from "./memory";

/** Text so long is judged whatever it holds. */
const LONG_TEXT: usize = 200;

/** Whether a text is none that looks like a secret. Most texts come again and again: those are known by their hash. */
export function isKnownPlain(hash: u64, from: usize, to: usize): bool {
  const place = KNOWN + ((hash as usize) & (KNOWN_TEXTS - 1)) * 8;
  if (load<u64>(place) === hash) return true;
  if (!isPlain(from, to)) return false;
  store<u64>(place, hash);
  return true;
}

/** The same of a text that comes but once. */
export function isPlain(from: usize, to: usize): bool {
  return !((to - from >= LONG_TEXT || mayBeSecret(pairsIn(from, to))) && looksSecret(from, to));
}

/** Whether the groups of pairs that were hit leave room for a secret. */
function mayBeSecret(hit: u32): bool {
  for (let rule = PAIR_RULES; rule < PAIR_RULES_END; rule += 4)
    if ((hit & load<u16>(rule)) !== 0 && (hit & load<u16>(rule, 2)) !== 0) return true;
  return false;
}

/** The groups of which a pair is in the text, as bits. */
function pairsIn(from: usize, to: usize): u32 {
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  for (let at = from; at < to; at += 16) {
    const first = v128.load(at);
    const second = v128.load(at, 1);
    const counted = v128.load(MASK_END - min<usize>(to - at, 16));
    low = v128.or(low, v128.and(counted, groupsOf(first, second, PAIR_TABLES)));
    high = v128.or(high, v128.and(counted, groupsOf(first, second, PAIR_TABLES + 64)));
  }
  return anyOf(low) | (anyOf(high) << 8);
}

/** By byte, the groups of eight that it makes a pair of with the one after it. */
function groupsOf(first: v128, second: v128, tables: usize): v128 {
  return v128.and(groupsOfByte(first, tables), groupsOfByte(second, tables + 32));
}

/** A byte is looked up by its halves. */
function groupsOfByte(bytes: v128, tables: usize): v128 {
  const low = i8x16.swizzle(v128.load(tables), v128.and(bytes, i8x16.splat(15)));
  return v128.and(low, i8x16.swizzle(v128.load(tables, 16), i8x16.shr_u(bytes, 4)));
}

/** The bits that any of the 16 bytes has. */
function anyOf(bytes: v128): u32 {
  let all = i64x2.extract_lane(bytes, 0) | i64x2.extract_lane(bytes, 1);
  all |= all >> 32;
  all |= all >> 16;
  return ((all | (all >> 8)) & 255) as u32;
}
