/** What the demo sends: fourteen days of quiet agents at full speed, then the same agents live with three attacks. */
import { setTimeout as wait } from "node:timers/promises";
import { OffgraphError } from "../../schemas/errors.ts";
import { history } from "../simulator/history.ts";
import type { DemoPlan } from "../simulator/live.ts";
import type { ApiClient } from "./client.ts";
import { progressBar } from "./progress.ts";
import { openSender } from "./sender.ts";

/** Days of history, agents, and the seed that all of it is drawn by: the same in every demo. */
export const DAYS = 14;
export const AGENTS = 12;
export const SEED = 7;
/** For the progress bar only; the exact number is known when it is done. */
const EXPECTED_EVENTS = 72_000;

/** Sends the history that ends at `endMs`; answers the number of events. */
export async function sendHistory(client: ApiClient, endMs: number): Promise<number> {
  const bar = progressBar("  Learning");
  const sender = openSender(client, "offgraph", refuse);
  let count = 0;
  let sending = Promise.resolve();
  for (const event of history({ seed: SEED, agents: AGENTS, days: DAYS, end: endMs })) {
    if (sender.add(++count, JSON.stringify(event))) {
      // The next batch is made while this one is on its way.
      await sending;
      sending = sender.flush();
    }
    if (count % 500 === 0) bar.show(count, Math.max(count, EXPECTED_EVENTS), count);
  }
  await sending;
  await sender.flush();
  bar.end();
  return count;
}

/** Plays a plan in its own time, until the signal; `sentAt` learns when each event was accepted, in ms of `performance.now()`. */
export async function play(
  client: ApiClient,
  plan: DemoPlan,
  sentAt: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const sender = openSender(client, "offgraph", refuse);
  const beginMs = performance.now();
  let unsent: string[] = [];
  const sendUnsent = async () => {
    await sender.flush();
    for (const id of unsent) sentAt.set(id, performance.now());
    unsent = [];
  };
  for (const { atMs, event } of plan.cues) {
    const early = beginMs + atMs - performance.now();
    if (early > 0) {
      await sendUnsent();
      await wait(early, undefined, { signal }).catch(() => {});
    }
    if (signal.aborted) return;
    unsent.push(event.id);
    sender.add(unsent.length, JSON.stringify(event));
  }
  await sendUnsent();
}

function refuse({ message }: { readonly message: string }): never {
  throw new OffgraphError("internal", `a simulated event was refused: ${message}`);
}
