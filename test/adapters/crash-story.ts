/** What the process that gets killed writes, so that both sides of the crash test know it. */
import type { GroupChange } from "../../services/ports/store.ts";
import { change } from "../conformance/store-groups.ts";

export const PARTITIONS = 2;

/** The lines of one append call: 1 to 40, of up to 3,000 characters. */
export function callLines(partition: number, call: number): string[] {
  return Array.from({ length: 1 + ((call * 17) % 40) }, (_, index) =>
    `${partition}:${call}:${index}:`.padEnd((call * 31 + index * 97) % 3000, "x"),
  );
}

/** Three chunks of one group each, which say at which position they were written. */
export function chunksAt(position: number): GroupChange[][] {
  const entries = { one: `${position}`, two: `${position}` };
  return ["first", "second", "third"].map((group) => [change(group, entries)]);
}
