/** `offgraph baseline undo` and `import`: what is known of an agent becomes what it was, or what was exported. */
import { Command, InvalidArgumentError } from "commander";
import { OffgraphError } from "../../schemas/errors.ts";
import { carryOutDecision, changing, type DecisionOptions } from "./baseline-decision.ts";
import { type ExportedAgent, readExport } from "./baseline-file.ts";
import type { ApiClient } from "./client.ts";
import { differences } from "./differences.ts";
import { duration } from "./duration.ts";
import { learnedIn } from "./learned.ts";
import { clientOf } from "./options.ts";
import { safe } from "./terminal.ts";

/** A moment, or how long ago, as RFC 3339. */
function moment(given: string): string {
  const ms = /^\d{4}-/.test(given) ? Date.parse(given) : Date.now() - duration(given);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("expected a time such as 2026-11-22T10:00:00Z, or 7d");
  return new Date(ms).toISOString();
}

const LIMITS = `
What was known at that time is learned again from the log: all events of the agent before it, and what persons had decided by then. That
reads the whole partition (some 100,000 events a second), and needs the log from its beginning: where a broker keeps it for some days
only, import an export of that time instead. Sessions that are under way end, and what they did since is not learned.`;

/** Forgets what was learned since a time. */
export function undoCommand(): Command {
  return changing(new Command("undo"))
    .summary("forget what was learned of an agent since a time")
    .description("forget what was learned of an agent since a time, in event time")
    .argument("<agent>", "id of the agent")
    .requiredOption("--since <time>", "RFC 3339, or how long ago: 7d", moment)
    .addHelpText("after", LIMITS)
    .action((agent: string, options: DecisionOptions & { since: string }) =>
      run(
        clientOf(options),
        { agent, path: "/v1/baseline/undo", body: { agent, since: options.since } },
        options,
      ),
    );
}

/** Puts back what was exported. */
export function importCommand(): Command {
  return changing(new Command("import"))
    .summary("put back what `baseline export` wrote")
    .description(
      "put back what `offgraph baseline export` wrote, in place of what is known of the same agents now",
    )
    .argument("<file>", "exported agents, one a line")
    .option("--agent <id>", "only this agent of the file")
    .action(importAll);
}

async function importAll(file: string, options: DecisionOptions & { agent?: string }): Promise<void> {
  const meant = readExport(file).filter(({ id }) => options.agent === undefined || id === options.agent);
  if (meant.length === 0)
    throw new OffgraphError(
      "not-found",
      `${file}: it has no agent${options.agent ? ` ${options.agent}` : ""}`,
    );
  const client = clientOf(options);
  for (const one of meant) await run(client, importOf(one), options);
}

const importOf = ({ id: agent, key, stored }: ExportedAgent) => ({
  agent,
  path: "/v1/baseline/import",
  body: { agent, key, stored },
});

interface Restoring {
  readonly agent: string;
  readonly path: string;
  readonly body: object;
}

async function run(
  client: ApiClient,
  { agent, path, body }: Restoring,
  options: DecisionOptions,
): Promise<void> {
  const { reason } = options;
  const asked = { ...body, reason, dryRun: true };
  const { before, after } = await client.post<{ before?: object; after: object }>(path, asked);
  const changed = differences(learnedIn(before), learnedIn(after));
  const lines = [`${agent} would change:`, ...changed.map((line) => `  ${line}`)].map(safe);
  await carryOutDecision(client, { agent, lines, path, body }, options);
}
