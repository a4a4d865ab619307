/** `offgraph contract draft`: what was learned of a workflow, as a contract for a person to read, mend and sign. */
import { stringify } from "yaml";
import type { Contract, ContractOperation } from "../../schemas/contract.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { MAX_TARGETS } from "../../schemas/operation.ts";
import type { Edge, Learned, LearnedSlot, LearnedWorkflow } from "./learned.ts";
import { shownCount } from "./terminal.ts";

const DAY_MS = 86_400_000;
/** How long a drafted contract holds. */
const DRAFT_DAYS = 90;
/** Longer values are kept by their beginning alone, and are not exact. */
const WHOLE_BYTES = 40;

/** A contract of what is baseline, with what is not as comments. */
export function draftOf(agent: string, learned: Learned, named: string | undefined, nowMs: number): string {
  const { workflow, operations } = chosen(agent, learned, named);
  const known = operations.filter(({ state }) => state === "baseline" || state === "pinned");
  const name = nameOf(workflow ?? agent);
  const version = learned.contracts.find((one) => one.name === name)?.version ?? 0;
  const contract: Contract = {
    name,
    version: version + 1,
    agent: agent as Contract["agent"],
    ...(workflow !== undefined && { workflow }),
    until: new Date(Math.ceil((nowMs + DRAFT_DAYS * DAY_MS) / DAY_MS) * DAY_MS).toISOString(),
    closed: false,
    operations: known.map((edge) => operationOf(edge, learned.targets)),
  };
  const others = operations.filter((edge) => !known.includes(edge));
  return `${HEADER}\n${stringify(contract, { lineWidth: 0 })}${others.map(commentOf).join("")}`;
}

const HEADER = `# Drafted from what was learned: read each line before you sign it.
# sensitive: it may write, send or administer. closed: true tells everything that is not named here.
# targets are the values that are allowed; leave them out, and values are judged as ever.`;

/** The workflow that is meant: the one that is named, the only one, or where there is none the agent itself. */
function chosen(
  agent: string,
  { agent: whole, workflows }: Learned,
  named: string | undefined,
): LearnedWorkflow {
  const known = workflows.map(({ workflow }) => workflow);
  if (named === undefined && workflows.length > 1)
    throw new OffgraphError(
      "bad-request",
      `${agent} has ${known.length} workflows: name one of ${known.join(", ")} with --workflow`,
    );
  const one =
    named === undefined ? (workflows[0] ?? whole) : workflows.find(({ workflow }) => workflow === named);
  if (one !== undefined) return one;
  throw new OffgraphError(
    "not-found",
    `nothing was learned of ${agent}${named === undefined ? "" : ` in workflow ${named}`}`,
  );
}

/** One word of small letters, as names of contracts are. */
const nameOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 64) || "contract";

function operationOf({ operation, tier }: Edge, slots: readonly LearnedSlot[]): ContractOperation {
  const end = operation.indexOf(" ");
  const targets = targetsOf(
    slots.filter((slot) => slot.operation === operation && slot.openness === "closed"),
  );
  return {
    service: operation.slice(0, end),
    operation: operation.slice(end + 1),
    sensitive: tier > 0,
    ...(targets !== undefined && { targets }),
  };
}

/** Values of closed slots, if all of them are whole and not too many. */
function targetsOf(slots: readonly LearnedSlot[]): Record<string, string[]> | undefined {
  const known = slots.map(({ field, values }) => {
    const names = values.filter(({ state }) => state === "baseline").map(({ value }) => value);
    return [field, names] as const;
  });
  const all = known.flatMap(([, names]) => names);
  const isWhole = all.every((value) => value !== "" && Buffer.byteLength(value) < WHOLE_BYTES);
  if (all.length === 0 || all.length > MAX_TARGETS || !isWhole) return undefined;
  return Object.fromEntries(known.filter(([, names]) => names.length > 0));
}

const commentOf = ({ operation, state, sessions, witnesses }: Edge) =>
  `# not named: ${operation}, ${state}, in ${shownCount(sessions, "session")} from ${shownCount(witnesses, "trust unit")}\n`;
