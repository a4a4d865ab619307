/** What is sent while something goes wrong. */
import { clock } from "../../services/adapters/clock.ts";
import { sendAll } from "../cluster/cluster.ts";
import { story } from "../kill/story.ts";

/** What happens while a part of the load is on its way. */
export type Step = () => Promise<unknown>;

/** Nothing happens. */
export const quiet: Step = async () => {};

/** A moment drawn by lot, or the length of a fault. */
export const lasting =
  (ms: number): Step =>
  () =>
    clock.sleep(ms);

export interface LoadOptions {
  readonly seed: number;
  /** Default: 6, of one day each. */
  readonly agents?: number;
  readonly days?: number;
}

/**
 * Sends a story in as many parts as there are steps; each step happens while its part is on its way, and the next begins when both
 * are done. Every batch is sent until it is taken. Answers the ids that were accepted: all of them.
 */
export async function underLoad(
  url: string,
  { seed, agents = 6, days = 1 }: LoadOptions,
  steps: readonly Step[],
): Promise<ReadonlySet<string>> {
  const batches = story({ seed, agents, days }, Date.now());
  const accepted = new Set<string>();
  for (const [at, step] of steps.entries()) {
    const part = batches.filter((_, number) => Math.floor((number * steps.length) / batches.length) === at);
    const [ids] = await Promise.all([sendAll(url, part), step()]);
    for (const id of ids) accepted.add(id);
  }
  return accepted;
}
