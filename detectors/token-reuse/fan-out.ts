/** How many services a token reaches, against the agent's earlier tokens. */
import type { TokenRow } from "../rows.ts";
import { type AgentColumns, MOST_SERVICES, type TokenColumns } from "./columns.ts";
import { inHand, type Scene, tell } from "./tell.ts";

/** Judges a token that has just reached one more service. */
export function judgeFanOut(scene: Scene): void {
  const { own, token, settings } = scene;
  const services = own.token.uses.length;
  const { reached } = own.agent;
  const finished = reached.reduce((sum, count) => sum + count, 0);
  const most = reached.length - 1;
  if (token.audience === undefined || services < settings.fanOutFloor) return;
  if (finished < settings.fanOutMinTokens || services <= 2 * most) return;
  tell(scene, "service-fan-out", inHand(scene), {
    summary: `One token has reached ${services} services.`,
    expected: `None of the agent's ${finished} earlier tokens reached more than ${most}.`,
    evidence: {
      services: own.token.uses.map((one) => one.service),
      finishedTokens: finished,
      mostBefore: most,
    },
  });
}

/** Counts a token that has ended; only those with an audience are comparable. */
export function countReached(own: AgentColumns, token: TokenRow, { uses }: TokenColumns): void {
  if (token.audience === undefined || uses.length === 0) return;
  const services = Math.min(MOST_SERVICES, uses.length);
  while (own.reached.length <= services) own.reached.push(0);
  own.reached[services] = (own.reached[services] ?? 0) + 1;
}
