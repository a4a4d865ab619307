/** What is looked up of an agent, brought into the processor's cache before: the agent was perhaps not seen for long. */
import { bringNear } from "../stats/room.ts";
import type { Baseline } from "./baseline.ts";
import { indexOf, WIDTH } from "./graph/graph-layout.ts";
import { NUMBERS_OF_NAME } from "./names.ts";
import { VALUE_RECORD } from "./values/value-table.ts";

/** What an event looks up: names, slots of targets, and values, of which most are unknown. */
export function bringForEvent({ names, targets }: Baseline): void {
  const { slots, slotsAt, slotsRoom, table, tableAt, indexRoom } = targets;
  bringNear(names.page, names.at, names.capacity * NUMBERS_OF_NAME);
  bringNear(slots, slotsAt, slotsRoom);
  bringNear(table, tableAt, indexRoom);
}

/** What learning from a session looks up: many nodes and values at once. */
export function bringForSession({ graph, targets }: Baseline): void {
  const { slots, slotsAt, slotsRoom, table, tableAt, indexRoom, recordsAt, count } = targets;
  bringNear(graph.page, graph.at, graph.count * WIDTH);
  bringNear(graph.page, indexOf(graph), graph.room >> 2);
  bringNear(slots, slotsAt, slotsRoom);
  bringNear(table, tableAt, indexRoom);
  bringNear(table, recordsAt, count * VALUE_RECORD);
}
