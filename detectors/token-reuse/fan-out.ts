/** How many services a token reaches, against the agent's earlier tokens. */
import { longer } from "../stats/longer.ts";
import type { Cells, TokenRow } from "../token-row.ts";
import { type ReuseColumns, reachedBits } from "./columns.ts";
import type { TokenReuseSettings } from "./settings.ts";
import { inHand, type Scene, tell } from "./tell.ts";

/** Whether the token has reached so many services that it must be judged. */
export const isFarOut = (cells: Cells, settings: TokenReuseSettings) =>
  countOf(reachedBits(cells)) >= settings.fanOutFloor;

/** Judges a token that has just reached one more service. */
export function judgeFanOut(scene: Scene): void {
  const { own, token, settings } = scene;
  if (token.audience === undefined) return;
  const services = countOf(reachedBits(own.token));
  const { reachedCounts, names } = own.agent;
  const finished = reachedCounts.reduce((sum, count) => sum + count, 0);
  const most = reachedCounts.length - 1;
  if (services < settings.fanOutFloor) return;
  if (finished < settings.fanOutMinTokens || services <= 2 * most) return;
  tell(scene, "service-fan-out", inHand(scene), {
    summary: `One token has reached ${services} services.`,
    expected: `None of the agent's ${finished} earlier tokens reached more than ${most}.`,
    evidence: {
      services: names.filter((_, place) => (reachedBits(own.token) & (1 << place)) !== 0),
      finishedTokens: finished,
      mostBefore: most,
    },
  });
}

/** Counts a token that has ended; only those with an audience are comparable. */
export function countReached(own: ReuseColumns, token: TokenRow, cells: Cells): void {
  const services = countOf(reachedBits(cells));
  if (token.audience === undefined || services === 0) return;
  while (own.reachedCounts.length <= services) own.reachedCounts = longer(own.reachedCounts, 0);
  own.reachedCounts[services] = (own.reachedCounts[services] ?? 0) + 1;
}

/** Bits that are set. */
function countOf(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}
