/** How a person's word about what was learned is given: first it is shown what it would change, and only with --yes it is said. */
import type { Command } from "commander";
import type { Decision } from "../../schemas/action.ts";
import type { ApiClient } from "./client.ts";
import { type CommandOptions, remote, withReason } from "./options.ts";
import { bold, dim, print } from "./terminal.ts";

/** Options of every such command. */
export interface DecisionOptions extends CommandOptions {
  readonly reason?: string;
  readonly yes?: true;
}

/** A command that changes what was learned. */
export const changing = (command: Command): Command =>
  withReason(remote(command), ({ yes }) => yes !== true).option(
    "--yes",
    "do it; without, it is only said what would change",
  );

/** What would be done, in lines, and how to ask for it. */
interface WordPlan {
  readonly agent: string;
  readonly lines: readonly string[];
  readonly path: string;
  readonly body: object;
}

/** What is said after a plan that was only shown. */
export const nothingDone = (reason: string | undefined) =>
  `Nothing was done; ${reason === undefined ? "--yes with --reason TEXT" : "--yes"} does it.`;

/** Shows the plan, or says the word. */
export async function carryOutDecision(
  client: ApiClient,
  plan: WordPlan,
  { reason, yes, json }: DecisionOptions,
): Promise<void> {
  const { agent, lines, path, body } = plan;
  if (!yes && json) return print(JSON.stringify({ dryRun: true, agent, plan: lines }));
  if (!json) for (const line of lines) print(line);
  if (!yes) return print(dim(nothingDone(reason)));
  const decision = await client.post<Decision>(path, { reason, ...body });
  print(json ? JSON.stringify(decision) : `${bold("Accepted")} as ${decision.id}, by ${decision.by}.`);
}
