/** The versions of an agent in readable form. */
import type { Baseline } from "../baseline.ts";
import { symbolOf } from "../graph/graph.ts";
import { nameOf } from "../wording.ts";
import type { Build } from "./builds.ts";

/** Each version that is remembered, oldest first, with what only it and its children have used; empty if no event names any. */
export const buildsView = (baseline: Baseline) =>
  (baseline.builds?.known ?? []).map((build) => buildView(baseline, build));

function buildView(baseline: Baseline, { number, name, parentName, since, announced, sessions }: Build) {
  const alone = [...(baseline.builds?.born ?? [])].flatMap(([node, owner]) =>
    owner === number ? [nameOf(baseline, symbolOf(baseline.graph, node))] : [],
  );
  return {
    version: name,
    ...(parentName !== "" && { before: parentName }),
    runs: baseline.builds?.running.number === number,
    since: new Date(since).toISOString(),
    announced,
    sessions,
    operationsOfItsOwn: [...new Set(alone)],
  };
}
