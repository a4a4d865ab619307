import { Command } from "commander";
import { stringify } from "yaml";
import { type CommandOptions, clientOf, count, remote } from "./options.ts";
import { dim, print, safe, table } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly limit: number;
}

type Row = Readonly<Record<string, string | number | boolean>>;

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
  agents.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  if (options.json) return print(JSON.stringify(agents));
  if (agents.length === 0)
    return print(dim("No agents are known yet: send events with `offgraph ingest FILE --source NAME`."));
  const titles = Object.keys(agents[0] ?? {});
  print(
    table(
      titles,
      agents.map((agent) => titles.map((title) => cell(agent[title]))),
    ),
  );
  if (more) print(dim(`There are more; --limit ${options.limit * 10} shows them.`));
}

async function one(id: string, options: Options): Promise<void> {
  const agent = await clientOf(options).get<object>(`/v1/agents/${encodeURIComponent(id)}`);
  if (options.json) print(JSON.stringify(agent));
  else for (const line of stringify(agent, { lineWidth: 0 }).trimEnd().split("\n")) print(safe(line));
}

const cell = (value: string | number | boolean | undefined) =>
  typeof value === "number" ? value : safe(String(value ?? ""));
