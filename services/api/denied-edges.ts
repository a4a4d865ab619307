/** How many edges of an agent are denied: a person is told at once that one more is not taken. */
import { MAX_DENIED_EDGES } from "../../schemas/action.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Entries, Store } from "../ports/store.ts";
import { partitionOf, type Stream } from "../ports/stream.ts";
import type { AgentView } from "./agent-view.ts";

/** Where denied edges are counted. */
export interface DeniedOptions {
  readonly stream: Pick<Stream, "partitions">;
  readonly store: Store;
  /** An agent's stored entries in readable form; undefined if this version cannot read them. */
  readonly view: (entries: Entries) => AgentView | undefined;
}

/**
 * Fails with `bad-request` if so many more would be too many, as of the last commit; of denials that cross one another, the
 * processor counts what it does not take (`offgraph_processor_capped_total`).
 */
export async function refuseTooManyDenied(
  { stream, store, view }: DeniedOptions,
  tenant: string,
  agent: string,
  more: number,
): Promise<void> {
  const group = `${tenant}/${agent}`;
  const partition = partitionOf(group, stream.partitions);
  const entries = (await store.load("processor", partition, [group])).get(group);
  const shown = entries && view(entries);
  const known = shown?.["out-of-graph"]?.denied?.length ?? 0;
  if (known + more <= MAX_DENIED_EDGES) return;
  throw new OffgraphError(
    "bad-request",
    `${known} edges of ${agent} are denied, and at most ${MAX_DENIED_EDGES} are kept: approve what need not be denied any more`,
  );
}
