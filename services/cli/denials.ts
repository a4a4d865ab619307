import { Command } from "commander";
import type { DenialInForce } from "../../schemas/action.ts";
import { type CommandOptions, clientOf, count, remote } from "./options.ts";
import { minute } from "./sentences.ts";
import { dim, print, safe, table } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly agent?: string;
  readonly limit: number;
}

/** Most denials of one request. */
const PAGE = 1000;

/** The command `offgraph denials`. */
export function denialsCommand(): Command {
  return remote(new Command("denials"))
    .summary("who and what is denied at the gates now")
    .description(
      "agents, tokens and families that are denied at the gates now, with since when, until when and why",
    )
    .option("--agent <id>", "only what is denied because of this agent")
    .option("--limit <number>", "how many of the newest", count, 100)
    .action(denials);
}

async function denials(options: Options): Promise<void> {
  const { shown, more } = await newest(options);
  if (options.json) return print(JSON.stringify(shown));
  if (shown.length === 0) return print(dim("Nobody is denied."));
  print(table(["agent", "what", "since", "until", "incident", "reason"], shown.map(rowOf)));
  if (more) print(dim(`There are more; --limit ${options.limit * 10} shows them.`));
}

async function newest({
  agent,
  limit,
  ...options
}: Options): Promise<{ shown: DenialInForce[]; more: boolean }> {
  const client = clientOf(options);
  const shown: DenialInForce[] = [];
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - shown.length)) });
    if (agent !== undefined) query.set("agent", agent);
    if (next !== undefined) query.set("before", next);
    const page = await client.get<{ denials: DenialInForce[]; next?: string }>(`/v1/denials?${query}`);
    shown.push(...page.denials);
    next = page.next;
  } while (next !== undefined && shown.length < limit);
  return { shown, more: next !== undefined };
}

const rowOf = ({ agent, target, since, until, incident, reason }: DenialInForce) => [
  safe(agent),
  target.type === "agent" ? "agent" : safe(`${target.type} ${target.id}`),
  since === undefined ? "" : minute(since),
  minute(until),
  incident ?? "",
  safe(reason),
];
