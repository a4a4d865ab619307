/** A step of an agent that has contracts: those that have ended go, and what is outside of a closed one is told. */
import { type EventView, TEXT } from "../../../schemas/event-view.ts";
import type { Severity } from "../../../schemas/ids.ts";
import type { Out } from "../../detector.ts";
import type { Baseline } from "../baseline.ts";
import { DENIED, PINNED, stateOf } from "../graph/graph.ts";
import type { SessionPath } from "../path.ts";
import { strangersOf } from "../values/strangers.ts";
import { pairs, quote, workflowName } from "../wording.ts";
import { valueOutside } from "./contract-values.ts";
import { type ContractInForce, edgeOf, endContract, lapse } from "./contracts.ts";
import { contractName } from "./view-contracts.ts";

/** Beside the number of an operation, in what a session has told: names have smaller numbers. */
const OUTSIDE = 1 << 17;

/** Takes in what time and the step change; answers whether the step was told, or was before in this session. */
export function tellOutside(
  baseline: Baseline,
  path: SessionPath,
  contracts: readonly ContractInForce[],
  operation: number,
  event: EventView,
  out: Out,
): boolean {
  const workflow = Math.max(path.workflow, 0);
  let closed: ContractInForce | undefined;
  for (const contract of contracts) {
    if (!contract.ended && event.time >= contract.untilMs) endContract(baseline, contract);
    if (contract.ended || contract.workflow !== workflow) continue;
    if (event.tier > 0 && contract.clauses.get(operation)?.sensitive === false)
      lapse(baseline, contract, operation);
    if (contract.closed) closed ??= contract;
  }
  return closed !== undefined && tell(baseline, path, contracts, closed, operation, event, out);
}

/** Tells a step that the contracts of its workflow do not name, once a session for each operation. */
function tell(
  baseline: Baseline,
  path: SessionPath,
  contracts: readonly ContractInForce[],
  closed: ContractInForce,
  operation: number,
  event: EventView,
  out: Out,
): boolean {
  const { workflow } = closed;
  const state = stateOf(baseline.graph, edgeOf(baseline, workflow, operation));
  // What is denied is told as that.
  if (state === DENIED) return false;
  const at = state === PINNED ? valueOutside(baseline, contracts, workflow, operation, event) : -1;
  if (state === PINNED && at < 0) return false;
  if (path.told.includes(operation | OUTSIDE)) return true;
  path.told = [...path.told, operation | OUTSIDE];
  const value = at < 0 ? "" : ` with ${event.textAt(at)} ${quote(event.textAt(at + 4))}`;
  out.finding(draftOf(baseline, path, closed, operation, value, event));
  return true;
}

function draftOf(
  baseline: Baseline,
  path: SessionPath,
  contract: ContractInForce,
  operation: number,
  value: string,
  event: EventView,
) {
  const { name, version, key, clauses } = contract;
  // The event's own words: the dictionary may be full.
  const used = `${event.text(TEXT.service)} ${event.text(TEXT.operation)}`;
  const place =
    contract.workflow === 0
      ? "sessions without a workflow"
      : `workflow ${quote(workflowName(baseline, path))}`;
  const reading = clauses.get(operation)?.sensitive === false ? ", reading alone of this one" : "";
  return {
    kind: "outside-contract",
    about: `${used}${value}`,
    severity: SEVERITIES[event.tier] ?? "medium",
    summary: `${quote(used)} was used${value}, which is outside of the contract of ${place}.`,
    expected: `By ${contractName({ name, version, key })}, ${place} uses ${clauses.size} operations and nothing else${reading}.`,
    evidence: {
      operation: used,
      tier: event.tier,
      workflow: workflowName(baseline, path),
      contract: `${name} v${version}`,
      signedBy: key,
      targets: pairs(strangersOf(baseline, operation, event)),
      trustUnit: event.text(TEXT.trustUnit),
    },
  };
}

/** By tier. */
const SEVERITIES: readonly Severity[] = ["low", "medium", "high"];
