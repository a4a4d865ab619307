/** What is sent while something goes wrong. */
import { newestOver } from "../../detectors/groups/schedule.ts";
import { clock } from "../../services/adapters/clock.ts";
import { newestMade } from "../../services/group-versions.ts";
import type { Store } from "../../services/ports/store.ts";
import { degraded, sendAll, until } from "../cluster/cluster.ts";
import { story } from "../kill/story.ts";
import { daysUntil } from "./days.ts";
import { type Door, newDoor } from "./door.ts";
import type { System } from "./system.ts";

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
}

/**
 * Sends a story in as many parts as there are steps; each step happens while its part is on its way, and the next begins when both
 * are done. Every batch is sent until it is taken. Answers the ids that were accepted: all of them.
 */
export async function underLoad(
  url: string,
  { seed, agents = 6 }: LoadOptions,
  steps: readonly Step[],
): Promise<ReadonlySet<string>> {
  const batches = story({ seed, agents, days: 1 }, Date.now());
  const accepted = new Set<string>();
  for (const [at, step] of steps.entries()) {
    const [ids] = await Promise.all([sendAll(url, partOf(batches, at, steps.length)), step()]);
    for (const id of ids) accepted.add(id);
  }
  return accepted;
}

/**
 * The same of some days, each sent through a door that has its clock. A day begins when the one before is added up and whoever
 * judges has read it, as it has on every real one; so a fault may last for all of a day, and no longer.
 */
export async function overDays(
  system: System,
  seed: number,
  steps: readonly Step[],
  door?: Door,
): Promise<ReadonlySet<string>> {
  const days = daysUntil(Date.now(), seed);
  const { url, open } = door ?? (await newDoor(system));
  const begin = async (nowMs: number, isFirst: boolean): Promise<Iterable<string>> => {
    await open(nowMs);
    if (!isFirst) await until(() => isAddedUp(system, newestOver(nowMs)));
    return [];
  };
  const turns = days.flatMap(({ nowMs, batches }, day) => [
    () => begin(nowMs, day === 0),
    ...batches.map((batch) => () => sendAll(url, [batch])),
  ]);
  const accepted = new Set<string>();
  for (const [at, step] of steps.entries()) {
    const sent = async () => {
      for (const turn of partOf(turns, at, steps.length)) for (const id of await turn()) accepted.add(id);
    };
    await Promise.all([sent(), step()]);
  }
  return accepted;
}

/** Of so many parts of about the same length the one at `at`. */
const partOf = <Item>(items: readonly Item[], at: number, parts: number) =>
  items.filter((_, number) => Math.floor((number * parts) / items.length) === at);

/** Whether the learner has added up a day (days since 1970), and nobody judges by older versions than the present day is judged by. Rejects if one has ended by itself. */
export async function isAddedUp(system: System, epoch: number): Promise<boolean> {
  for (const { child, log } of system.running())
    if (child.exitCode !== null) throw new Error(`one has ended: ${JSON.stringify(log.slice(-3))}`);
  const reader = await system.open().catch(() => undefined);
  // Whoever reads versions asks the store for nothing but positions.
  const made = reader && (await newestMade(reader.store as Store).catch(() => 0));
  await reader?.close();
  if (made === undefined || made < epoch) return false;
  const told = await Promise.all(system.running().map((member) => degraded(member).catch(() => [])));
  return !told.flat().some((wrong) => wrong.startsWith("peer groups were"));
}
