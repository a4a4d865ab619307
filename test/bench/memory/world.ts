/** The fold with nothing around it, fed with lines. */
import { type WorkingSet, workingSet } from "../../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../../detectors/index.ts";
import type { AgentRow } from "../../../detectors/rows.ts";
import { GENERATION_SIZE } from "../../../detectors/stats/recent-ids.ts";
import { EventScanner, hashKey } from "../../../schemas/event-scanner.ts";
import { EventView, eventColumns } from "../../../schemas/event-view.ts";
import { Settings } from "../../../schemas/settings.ts";
import { PUBLIC_KEY } from "../../../services/ingest/index.ts";
import { createJudge } from "../../../services/judge.ts";

/** A working set, and the way into it. */
export interface World {
  readonly set: WorkingSet;
  /** Folds the event in the slot of the view. */
  step(view: EventView): void;
}

/** An empty world under the default settings. */
export function createWorld(): World {
  const set = workingSet(DETECTORS);
  const { fold } = createJudge(Settings.parse({}), PUBLIC_KEY.name);
  let position = 0;
  const step = (view: EventView) => {
    fold.step(set, view, position++, () => undefined);
    // As a commit would: nothing of this is what is measured.
    for (const agent of set.changed) agent.changed = false;
    set.changed.length = 0;
  };
  return { set, step };
}

/** Bytes that JavaScript holds, after everything that can go has gone. */
export function heldBytes(): number {
  for (let times = 0; times < 4; times++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The columns of a detector in an agent's row. */
export const columnsOf = <Columns>(agent: AgentRow, detector: string) =>
  agent.own[DETECTORS.findIndex(({ id }) => id === detector)] as Columns;

/** An agent whose events are made up. */
export interface Agent {
  readonly name: string;
  /** Event time, ms since 1970. */
  timeMs: number;
  events: number;
}

const BEGIN_MS = Date.parse("2026-03-02T08:00:00Z");

/** So many agents, with nothing done yet. */
export const agents = (count: number): Agent[] =>
  Array.from({ length: count }, (_, index) => ({ name: `agent-${index}`, timeMs: BEGIN_MS, events: 0 }));

/** Folds an event of an agent: its kind, session and the rest of its JSON. */
export type Feed = (agent: Agent, kind: string, session: string, body: string) => void;

/** Makes events of a world. Throws on one that the scanner cannot read. */
export function feeder({ step }: World): Feed {
  const scanner = new EventScanner(hashKey(PUBLIC_KEY.secret));
  const columns = eventColumns(1);
  const view = new EventView(columns);
  return (agent, kind, session, body) => {
    const time = `"time":"${new Date(agent.timeMs).toISOString()}","tenant":"default","source":"offgraph"`;
    const id = `"id":"${agent.name}-${agent.events++}"`;
    const who = `"agent":{"id":"${agent.name}"},"trustUnit":"cluster-${agent.events % 2}"`;
    const line = Buffer.from(
      `{${id},"kind":"${kind}",${time},${who},"workflow":"Work","session":"${session}",${body}}`,
    );
    if (!scanner.scan(line, 0, line.length, columns, 0, false)) throw new Error(`no event: ${line}`);
    step(view.move(0));
  };
}

/** Ids that are remembered take their share of memory by steps; this many events in, all agents have it in full. */
export const STEADY_EVENTS = 2 * GENERATION_SIZE;

/** Feeds events that teach nothing new until the memory for ids is where it was at the last such call. */
export function settle(agent: Agent, feedOne: () => void): void {
  do feedOne();
  while (agent.events < STEADY_EVENTS || agent.events % GENERATION_SIZE !== 0);
}
