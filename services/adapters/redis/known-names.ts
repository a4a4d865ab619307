/** What the owner of a partition knows of the groups there, so that it need not read a group before it writes all of it. */
import { metrics } from "@opentelemetry/api";
import type { EntryNames } from "./packing.ts";

/** Groups of all partitions together, about 150 bytes each. */
const MAX_GROUPS = 100_000;

const forgottenTotal = metrics.getMeter("offgraph").createCounter("offgraph_redis_names_forgotten_total", {
  description:
    "Groups whose entries' names were forgotten for want of room, and are read again before they are written",
});

/** Names by group; those of a term that has ended are never asked for again and go with the rest. */
export class KnownNames {
  readonly #groups = new Map<string, EntryNames>();
  #terms = 0;

  /** Begins anew for one partition: nothing is known in a new term. */
  newTerm(): number {
    return ++this.#terms;
  }

  get(term: number, group: string): EntryNames | undefined {
    return this.#groups.get(`${term} ${group}`);
  }

  set(term: number, group: string, names: EntryNames): void {
    if (this.#groups.size >= MAX_GROUPS) {
      forgottenTotal.add(this.#groups.size);
      this.#groups.clear();
    }
    this.#groups.set(`${term} ${group}`, names);
  }
}
