/**
 * The tenant's bucket of automatic actions: how many agents playbooks may act on in ten minutes.
 * It is taken from before an action is sent. Whoever takes acquires the bucket first, so that of two processes that take
 * at once one is fenced and reads again. A crash after taking leaves the bucket fuller than need be, never emptier.
 */
import { inTurn } from "../in-turn.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { partitionOf } from "../ports/stream.ts";
import { fromBytes, toBytes } from "../records.ts";
import { untilNotFenced } from "../take-over.ts";

const SPACE = "responder-caps";
const WINDOW_MS = 600_000;

interface Take {
  readonly tenant: string;
  readonly agent: string;
  readonly nowMs: number;
  /** Most agents in ten minutes. */
  readonly max: number;
}

/** True if playbooks may act on the agent; an agent that was acted on within ten minutes counts once. */
export type Bucket = (take: Take) => Promise<boolean>;

/** One for all partitions of a process: they take in turn, or they could fence each other for ever. */
export function openBucket(store: Store, partitions: number, clock: Clock): Bucket {
  const queue = inTurn();
  return (take) =>
    queue(() => untilNotFenced(clock, () => tryToTake(store, partitionOf(take.tenant, partitions), take)));
}

async function tryToTake(
  store: Store,
  partition: number,
  { tenant, agent, nowMs, max }: Take,
): Promise<boolean> {
  const lease = await store.acquire(SPACE, partition);
  const group = (await store.load(SPACE, partition, [tenant])).get(tenant);
  const taken = fromBytes<Record<string, number>>(group?.get("taken")) ?? {};
  const recent = Object.entries(taken).filter(([, takenAtMs]) => nowMs - takenAtMs < WINDOW_MS);
  if (recent.some(([name]) => name === agent)) return true;
  if (recent.length >= max) return false;
  const entries = new Map([["taken", toBytes(Object.fromEntries([...recent, [agent, nowMs]]))]]);
  await store.commit(lease, [[{ group: tenant, entries }]], 0);
  return true;
}
