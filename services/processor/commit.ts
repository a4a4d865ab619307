/**
 * The commit of a partition: the agents that have changed, a few at a time, and last the position at which it began. Folding
 * goes on meanwhile, so an agent may be written as it was later; that is well, because each says itself how far it has come.
 */
import { encodeAgentInto } from "../../detectors/fold/agent-codec.ts";
import { forget, groupOf } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { AgentRow } from "../../detectors/rows.ts";
import { hasCode } from "../../schemas/errors.ts";
import { clockChange } from "../group-versions.ts";
import type { GroupChange } from "../ports/store.ts";
import { agentsForgotten, commitDuration } from "./metrics.ts";
import { changedSkips, forgetSkips } from "./skips.ts";
import type { Committing, State } from "./state.ts";

/** Agents that are encoded and written together, some 10 us and 10 kB each: so few that events hardly wait for them. */
const CHUNK = 100;
const CHUNK_BYTES = 1_048_576;
/** Changed agents that are committed before their time, while events wait: memory is bounded, and so is one commit. */
const MAX_CHANGED = 20_000;
/** The interval stretches, up to so many times, to keep the commits of all partitions to a tenth of the time. */
const MOST_STRETCHED = 10;

/**
 * Begins to commit what has changed if its time has come; `atOnce`, resolves when all of it is committed. Called in turn with the
 * batches, after the findings of what was folded are durable. A crash at any moment leaves the position of the last commit.
 */
export async function commit(state: State, atOnce: boolean): Promise<void> {
  if (state.failure !== undefined) return;
  const isFull = state.set.changed.length >= MAX_CHANGED;
  if (atOnce || isFull) await commitAll(state);
  if (state.committing === undefined) forgetIdle(state);
  else if (state.committing.failure !== undefined) throw state.committing.failure;
  if (state.committing === undefined && isDue(state)) void goOn(state, begin(state));
}

function isDue({
  position,
  committed,
  committedAtMs,
  commitIntervalMs,
  commitMs,
  owned,
  clock,
}: State): boolean {
  if (position === committed) return false;
  const stretched = Math.max(commitIntervalMs, commitMs * 10 * owned());
  return clock.now() >= committedAtMs + Math.min(MOST_STRETCHED * commitIntervalMs, stretched);
}

async function commitAll(state: State): Promise<void> {
  while (state.committing !== undefined || state.position !== state.committed) {
    const committing = state.committing ?? begin(state);
    await committing.written;
    if (state.committing === committing) await step(state, committing);
  }
}

function begin(state: State): Committing {
  const { set, position, clock, skips } = state;
  const last = changedClock(state);
  const committing = {
    position,
    clockMs: state.clockMs,
    agents: set.changed,
    encoded: 0,
    skips: changedSkips(skips),
    last,
    beganAtMs: clock.now(),
    spentMs: 0,
    written: Promise.resolve(),
    failure: undefined,
  };
  set.changed = [];
  state.committing = committing;
  return committing;
}

/** Told after all agents that have come so far. */
function changedClock(state: State): GroupChange[] {
  if (!state.usesPeers) return [];
  for (const { clock } of state.set.changed) if (clock > state.clockMs) state.clockMs = clock;
  return [clockChange(state.clockMs)];
}

/** Takes one step after the other, between batches. It never rejects: the next call of `commit` does. */
async function goOn(state: State, committing: Committing): Promise<void> {
  const isUnderWay = () => state.committing === committing;
  try {
    while (isUnderWay()) {
      await state.inTurn(async () => {
        if (isUnderWay()) void step(state, committing);
      });
      await committing.written;
    }
  } catch (error) {
    committing.failure = error;
  }
}

/** Encodes the next agents, and begins to write them; the last ones with the position. */
function step(state: State, committing: Committing): Promise<void> {
  const written = write(state, committing, encodeNext(state, committing));
  committing.written = written;
  written.catch(() => undefined);
  return written;
}

/** An agent that changes before it is encoded needs not be noted again. */
function encodeNext({ set, commits, writer }: State, committing: Committing): GroupChange[] {
  const { agents } = committing;
  const changes = committing.encoded === 0 ? [...committing.skips] : [];
  writer.clear();
  for (const agent of agents.slice(committing.encoded, committing.encoded + CHUNK)) {
    if (writer.length >= CHUNK_BYTES) break;
    agent.changed = false;
    agent.touched = commits;
    committing.encoded++;
    const entries = encodeAgentInto(writer, agent, DETECTORS, set);
    changes.push({ group: groupOf(agent.tenant, agent.id), entries });
  }
  return changes;
}

async function write(state: State, committing: Committing, changes: GroupChange[]): Promise<void> {
  const { store, lease, clock } = state;
  const { position, encoded, agents, last } = committing;
  const startedAtMs = clock.now();
  try {
    if (encoded < agents.length) await store.write(lease, changes);
    else await store.commit(lease, [[...changes, ...last]], position);
  } catch (error) {
    if (!hasCode(error, "interrupted")) throw error;
    return beginAnew(state, committing);
  }
  committing.spentMs += clock.now() - startedAtMs;
  if (encoded === agents.length) finish(state, committing);
}

function finish(state: State, { position, clockMs, beganAtMs, spentMs }: Committing): void {
  state.committing = undefined;
  state.committed = position;
  state.committedClockMs = clockMs;
  state.commits++;
  forgetSkips(state.skips, position);
  state.committedAtMs = state.clock.now();
  state.commitMs = spentMs;
  commitDuration.record((state.committedAtMs - beganAtMs) / 1000);
}

/** The store has lost what was written: all of its agents count as changed. */
function beginAnew(state: State, committing: Committing): void {
  if (state.committing !== committing) return;
  const { set } = state;
  set.changed = [...new Set<AgentRow>([...committing.agents, ...set.changed])];
  for (const agent of set.changed) agent.changed = true;
  state.committing = undefined;
}

/** Lets go of the agents that were not touched for longest, down to half, when there are too many. What is not committed stays. */
function forgetIdle(state: State): void {
  const { set } = state;
  const maxAgents = state.maxAgents();
  if (set.agents.size <= maxAgents) return;
  state.gathering = undefined;
  const agents = [...set.agents.values()]
    .filter(({ changed }) => !changed)
    .sort((a, b) => a.touched - b.touched);
  const idle = agents.slice(0, set.agents.size - (maxAgents >> 1));
  for (const agent of idle) forget(set, agent);
  agentsForgotten.add(idle.length);
}
