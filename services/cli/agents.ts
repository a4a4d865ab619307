import { Command } from "commander";
import { stringify } from "yaml";
import { type CommandOptions, clientOf, count, remote } from "./options.ts";
import { minute } from "./sentences.ts";
import { dim, print, safe, table } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly limit: number;
}

interface Row {
  readonly id: string;
  readonly lastSeen?: string;
  readonly liveSessions?: number;
  readonly knownTokens?: number;
  readonly baselineVersion?: number;
  readonly deniedUntil?: string;
}

/** The command `offgraph agents`. */
export function agentsCommand(): Command {
  return remote(new Command("agents"))
    .summary("what was learned about each agent")
    .description(
      "agents and what was learned about each; with an ID, its workflows, operations, targets, state and witnesses",
    )
    .argument("[id]", "id of an agent")
    .option("--limit <number>", "most agents to list", count, 1000)
    .action((id: string | undefined, options: Options) =>
      id === undefined ? list(options) : one(id, options),
    );
}

async function list(options: Options): Promise<void> {
  const { agents, more } = await clientOf(options).get<{ agents: Row[]; more: boolean }>(
    `/v1/agents?limit=${options.limit}`,
  );
  agents.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (options.json) return print(JSON.stringify(agents));
  if (agents.length === 0)
    return print(dim("No agents are known yet: send events with `offgraph ingest FILE --source NAME`."));
  const titles = ["agent", "last seen", "sessions", "tokens", "baseline", "denied until"];
  const rows = agents.map(rowOf);
  // Where nobody is denied, there is nothing to say about it.
  const isDenied = agents.some(({ deniedUntil }) => deniedUntil !== undefined);
  print(isDenied ? table(titles, rows) : table(titles.slice(0, -1), rows));
  if (more) print(dim(`There are more; --limit ${options.limit * 10} shows them.`));
}

async function one(id: string, options: Options): Promise<void> {
  const agent = await clientOf(options).get<object>(`/v1/agents/${encodeURIComponent(id)}`);
  if (options.json) print(JSON.stringify(agent));
  else for (const line of stringify(agent, { lineWidth: 0 }).trimEnd().split("\n")) print(safe(line));
}

const rowOf = (agent: Row) => [
  safe(agent.id),
  agent.lastSeen === undefined ? "unreadable" : minute(agent.lastSeen),
  agent.liveSessions ?? 0,
  agent.knownTokens ?? 0,
  agent.baselineVersion ?? 0,
  agent.deniedUntil === undefined ? "" : minute(agent.deniedUntil),
];
