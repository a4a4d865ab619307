/**
 * Brings all agents of a partition into memory while its events are folded already. When it has ended, an agent that is not in
 * memory is in no store either, and nobody need ask. What an event needs before that is loaded for it: see load.ts.
 */
import { type Gathering, SPACE, type State } from "./state.ts";
import { takeIn } from "./take-in.ts";

/** Begins, in turn with the other partitions. It ends early when there is no room, or when agents are let go. */
export function gather(state: State): void {
  const gathering = { set: state.set, asked: new Set<string>(), isWhole: false };
  state.gathering = gathering;
  // Without it everything goes on, a little slower; what ails the store is told by those who need it.
  state.gatherInTurn(() => gatherAll(state, gathering)).catch(() => undefined);
}

async function gatherAll(state: State, gathering: Gathering): Promise<void> {
  const { set, asked } = gathering;
  if (state.gathering !== gathering) return;
  for await (const [group, entries] of state.store.scan(SPACE, state.partition)) {
    const hasRoom = set.agents.size < state.maxAgents() / 2;
    if (!hasRoom || state.gathering !== gathering || state.set !== set) return;
    if (!group.startsWith("/") && !asked.has(group)) takeIn(state, entries);
  }
  gathering.isWhole = state.gathering === gathering;
  asked.clear();
}

/** Whether memory holds every agent that the store has. */
export const isWhole = ({ gathering, set }: State): boolean => gathering?.set === set && gathering.isWhole;
