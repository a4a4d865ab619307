/** How long the machine's memory takes to answer just now: it decides the speed of what has much to look up. */
import { random } from "../../services/simulator/random.ts";

/** More than a core has of its own, less than the last cache of a server, which neighbours may have taken. */
const BYTES = 16 * 1_048_576;
const READS = 5_000_000;

/** Time of one read at a place that only the read before it tells, in ns. */
export function randomReadNs(): number {
  const next = oneCycle(BYTES / Int32Array.BYTES_PER_ELEMENT);
  const started = performance.now();
  let at = 0;
  for (let read = 0; read < READS; read++) at = next[at]!;
  const ms = performance.now() - started;
  // Always true; whoever compiles this must not know it.
  return at >= 0 ? (ms * 1e6) / READS : Number.NaN;
}

/** Every place once, in one cycle without an order (Sattolo 1986). */
function oneCycle(places: number): Int32Array {
  const next = Int32Array.from({ length: places }, (_, at) => at);
  const from = random(1);
  for (let last = places - 1; last > 0; last--) {
    const other = from.below(last);
    [next[last], next[other]] = [next[other]!, next[last]!];
  }
  return next;
}
