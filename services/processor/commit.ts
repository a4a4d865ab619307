/** The commit of a partition: the agents that have changed, in fenced chunks, and its position last. */
import { setImmediate } from "node:timers/promises";
import { encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { forget, groupOf, type WorkingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { GroupChange } from "../ports/store.ts";
import { agentsForgotten, commitDuration } from "./metrics.ts";
import { changedSkips } from "./skips.ts";
import type { State } from "./state.ts";

/** Agents in one chunk, of some kilobytes each: so few that nobody else waits long for Redis, or for us. */
const CHUNK = 500;
/** Agents that are encoded before other partitions have their turn; each takes about 50 us. */
const ENCODED_PER_TURN = 100;
/** Changed agents that are committed before their time: memory is bounded, and so is one commit. */
const MAX_CHANGED = 20_000;
/** The interval stretches, up to so many times, to keep the commits of all partitions to a tenth of the time. */
const MOST_STRETCHED = 10;

/** Commits what has changed if its time has come, or at once. A crash in between leaves the last commit whole. */
export async function commit(state: State, atOnce: boolean): Promise<void> {
  if (state.failure !== undefined || state.position === state.committed) return;
  const startedAtMs = state.clock.now();
  const isFull = state.set.changed.length >= MAX_CHANGED;
  if (!atOnce && !isFull && startedAtMs < nextCommitMs(state)) return;
  await state.store.commit(state.lease, chunksOf(await changesOf(state)), state.position);
  noteCommitted(state.set, ++state.commits);
  forgetIdle(state);
  state.committed = state.position;
  state.committedAtMs = state.clock.now();
  state.commitMs = state.committedAtMs - startedAtMs;
  commitDuration.record(state.commitMs / 1000);
}

function nextCommitMs({ committedAtMs, commitIntervalMs, commitMs, owned }: State): number {
  const stretched = Math.max(commitIntervalMs, commitMs * 10 * owned());
  return committedAtMs + Math.min(MOST_STRETCHED * commitIntervalMs, stretched);
}

/** Nothing of the partition is folded meanwhile. */
async function changesOf({ set, skips }: State): Promise<GroupChange[]> {
  const changes: GroupChange[] = changedSkips(skips);
  for (const agent of set.changed) {
    changes.push({ group: groupOf(agent.tenant, agent.id), entries: encodeAgent(agent, DETECTORS, set) });
    if (changes.length % ENCODED_PER_TURN === 0) await setImmediate();
  }
  return changes;
}

function chunksOf(changes: GroupChange[]): GroupChange[][] {
  const count = Math.ceil(changes.length / CHUNK);
  return Array.from({ length: count }, (_, at) => changes.slice(at * CHUNK, (at + 1) * CHUNK));
}

function noteCommitted(set: WorkingSet, commits: number): void {
  for (const agent of set.changed) {
    agent.changed = false;
    agent.touched = commits;
  }
  set.changed = [];
}

/** Lets go of the agents that were not touched for longest, down to half, when there are too many. */
function forgetIdle(state: State): void {
  const { set } = state;
  const maxAgents = state.maxAgents();
  if (set.agents.size <= maxAgents) return;
  state.gathering = undefined;
  const agents = [...set.agents.values()].sort((a, b) => a.touched - b.touched);
  const idle = agents.slice(0, agents.length - (maxAgents >> 1));
  for (const agent of idle) forget(set, agent);
  agentsForgotten.add(idle.length);
}
