/** Which version knows which edge: what a version has used is known to it and to its children, until the others use it too. */
import type { Baseline } from "../baseline.ts";
import {
  BASELINE,
  CANDIDATE,
  child,
  isBaseline,
  PINNED,
  parentOf,
  setState,
  stateOf,
  symbolOf,
} from "../graph/graph.ts";
import { START } from "../names.ts";
import type { SessionPath } from "../path.ts";
import type { Build, Builds } from "./builds.ts";

/** Most edges that are kept apart by version; more count for all versions. */
const MAX_BORN = 4096;

/** Whether an edge is part of the baseline of the version that a session runs. */
export function isKnownTo(baseline: Baseline, { build }: SessionPath, node: number): boolean {
  const { builds, graph } = baseline;
  if (builds === undefined || builds.born.size === 0 || !isBaseline(graph, node))
    return isBaseline(graph, node);
  // What a person has approved is approved for every version.
  return stateOf(graph, node) === PINNED || shares(builds, build, builds.born.get(node));
}

/** Whether a version has what another has learned: it is the same, or has come from it. 0 is any version. */
function shares({ known }: Builds, build: number, owner: number | undefined): boolean {
  if (owner === undefined || build === 0) return true;
  for (let at = build; at > 0; at = known.find(({ number }) => number === at)?.parent ?? 0)
    if (at === owner) return true;
  return false;
}

/** A session was learned from; nodes from `first` on are new by it. */
export function noteLearned(baseline: Baseline, path: SessionPath, first: number): void {
  const { builds, graph } = baseline;
  if (builds === undefined || builds.known.length === 1) return;
  if (builds.born.size > 0) confirm(baseline, builds, path);
  if (!builds.known.some(({ number, parent }) => number === path.build && parent > 0)) return;
  for (let node = first; node < graph.count; node++) {
    if (!isOperation(baseline, node)) continue;
    if (builds.born.size < MAX_BORN) builds.born.set(node, path.build);
    else baseline.capped++;
  }
}

/** A node that stands for an operation of a workflow, or of the agent, whatever was before it: a child of a root. */
const isOperation = ({ graph }: Baseline, node: number) =>
  parentOf(graph, node) !== 0 &&
  parentOf(graph, parentOf(graph, node)) === 0 &&
  symbolOf(graph, node) !== START;

/** What a version uses that has not come from the one which used it first is known to all. */
function confirm({ graph, progress }: Baseline, builds: Builds, path: SessionPath): void {
  const roots = [progress.get(0)?.root ?? 0, progress.get(path.workflow)?.root ?? 0];
  for (let at = path.symbolsAt, end = at + path.steps; at < end; at++)
    for (const root of roots) {
      const node = child(graph, root, path.symbols[at] ?? 0);
      if (!shares(builds, path.build, builds.born.get(node)) || path.build === 0) builds.born.delete(node);
    }
}

/** Forgets a version. What its children have come from is theirs; what a version that was rolled back knew alone is known no more. */
export function forgetBuild(baseline: Baseline, gone: Build): void {
  const { builds, graph } = baseline;
  if (builds === undefined) return;
  const isPast = shares(builds, builds.running.number, gone.number);
  for (const [node, owner] of builds.born) {
    if (owner !== gone.number) continue;
    builds.born.delete(node);
    if (!isPast && stateOf(graph, node) === BASELINE) setState(graph, node, CANDIDATE);
  }
  builds.known = builds.known.filter((one) => one !== gone);
  for (const one of builds.known) if (one.parent === gone.number) one.parent = gone.parent;
}
