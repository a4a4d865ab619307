import { Command } from "commander";
import { stringify } from "yaml";
import type { Incident } from "../../schemas/action.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import type { ApiClient } from "./client.ts";
import { type CommandOptions, clientOf, remote } from "./options.ts";
import { actionInWords, printIncidents } from "./sentences.ts";
import { dim, print, safe } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly reason?: string;
}

/** Findings, and agents of a roll-out, that are shown of one incident. */
const SHOWN = 10;
const VERDICTS = ["approve", "reject", "close"] as const;

/** The command `offgraph incidents`. */
export function incidentsCommand(): Command {
  const command = remote(new Command("incidents"))
    .summary("findings gathered by agent and cause")
    .description(
      "findings gathered by agent and cause; with an ID, one of them with what was done and what is proposed",
    )
    .argument("[id]", "id of an incident, i-…, or its beginning")
    .option("--reason <text>", "why; required with --approve, --reject and --close");
  for (const verdict of VERDICTS) command.option(`--${verdict}`, `${verdict} the incident that ID names`);
  return command.action(async (id: string | undefined, options: Options) =>
    id === undefined ? list(options) : one(id, options),
  );
}

/** What a person looks for comes first; of many findings the newest. */
function inOrder({ id, summary, status, severity, actions, proposed, findings, ...rest }: Incident): object {
  const shown: string[] = findings.slice(-SHOWN);
  const more = rest.findingCount - shown.length;
  if (more > 0) shown.push(`and ${more} more; --json shows those that are kept`);
  const rollout = rest.rollout && { ...rest.rollout, agents: few(rest.rollout.agents) };
  const done = actions.map((action) => actionInWords(action, Date.now()));
  return {
    id,
    summary,
    status,
    severity,
    actions: done,
    proposed,
    ...rest,
    ...(rollout && { rollout }),
    findings: shown,
  };
}

const few = (names: readonly string[]) =>
  names.length <= SHOWN ? names : [...names.slice(0, SHOWN), `and ${names.length - SHOWN} more`];

async function list(options: Options): Promise<void> {
  const { incidents } = await clientOf(options).get<{ incidents: Incident[] }>("/v1/incidents");
  if (options.json) print(JSON.stringify(incidents));
  else if (incidents.length === 0) print(dim("There are no incidents."));
  else printIncidents(incidents);
}

/** A table may have cut an id short; its beginning is enough as long as only one incident has it. */
export async function wholeId(client: ApiClient, id: string): Promise<string> {
  const [, beginning] = /^(i-[0-9a-f]{4,31})…?$/.exec(id) ?? [];
  if (beginning === undefined) return id;
  const { incidents } = await client.get<{ incidents: Incident[] }>("/v1/incidents?limit=100000");
  const fitting = incidents.filter((one) => one.id.startsWith(beginning));
  if (fitting.length < 2) return fitting[0]?.id ?? id;
  throw new OffgraphError(
    "bad-request",
    `${fitting.length} incidents begin with ${beginning}: give more of the id`,
  );
}

async function one(
  id: string,
  options: Options & { [verdict in (typeof VERDICTS)[number]]?: true },
): Promise<void> {
  const client = clientOf(options);
  const path = `/v1/incidents/${encodeURIComponent(await wholeId(client, id))}`;
  const verdict = VERDICTS.find((name) => options[name]);
  const answer = verdict
    ? await client.post<object>(`${path}/${verdict}`, { reason: options.reason ?? "" })
    : await client.get<Incident>(path);
  if (options.json) return print(JSON.stringify(answer));
  const shown = verdict ? answer : inOrder(answer as Incident);
  print(stringify(shown, { lineWidth: 0 }).split("\n").map(safe).join("\n").trimEnd());
}
