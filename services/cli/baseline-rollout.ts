/** `offgraph baseline approve-rollout`: what a roll-out has brought becomes baseline of every agent that it has reached. */
import { Command } from "commander";
import type { Incident } from "../../schemas/action.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { changing, type DecisionOptions, nothingDone } from "./baseline-decision.ts";
import type { ApiClient } from "./client.ts";
import { wholeId } from "./incidents.ts";
import { clientOf } from "./options.ts";
import { bold, dim, print, safe, shownCount } from "./terminal.ts";

/** The command `offgraph baseline approve-rollout`. */
export function approveRolloutCommand(): Command {
  return changing(new Command("approve-rollout"))
    .summary("what a roll-out has brought may be used by all its agents")
    .description(
      "every operation that is new with a roll-out becomes baseline of every agent that it has reached so far; new values of operations do not",
    )
    .argument("<incident>", "id of the roll-out, i-…, or its beginning")
    .action(run);
}

async function run(id: string, options: DecisionOptions): Promise<void> {
  const { reason, yes, json } = options;
  const client = clientOf(options);
  const { agents, operations, values } = await rolloutOf(client, id);
  if (!json) {
    for (const operation of operations)
      print(
        safe(
          `\`${operation}\` → baseline of ${shownCount(agents.length, "agent")} from now on, whoever has used it`,
        ),
      );
    for (const value of values) print(safe(`\`${value}\` → as it is: values are approved agent by agent`));
  }
  const approvals = agents.flatMap((agent) =>
    operations.map((operation) => ({ agent, ...parted(operation) })),
  );
  if (yes)
    for (const approval of approvals) await client.post("/v1/baseline/approve", { reason, ...approval });
  if (json) print(JSON.stringify({ dryRun: !yes, agents, operations, values }));
  else
    print(
      yes ? `${bold("Accepted")}: ${shownCount(approvals.length, "approval")}.` : dim(nothingDone(reason)),
    );
}

async function rolloutOf(client: ApiClient, given: string) {
  const id = await wholeId(client, given);
  const { rollout } = await client.get<Incident>(`/v1/incidents/${encodeURIComponent(id)}`);
  if (rollout === undefined)
    throw new OffgraphError(
      "bad-request",
      `${id} is no roll-out: \`offgraph incidents\` shows the cause of each`,
    );
  const { agents, edges } = rollout;
  const isOfValue = (edge: string) => edge.includes("=");
  return {
    agents,
    operations: edges.filter((edge) => !isOfValue(edge)),
    values: edges.filter(isOfValue),
  };
}

/** Service and name of an operation, as findings write them. */
function parted(operation: string) {
  const end = operation.indexOf(" ");
  return { service: operation.slice(0, end), operation: operation.slice(end + 1) };
}
