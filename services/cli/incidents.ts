import { Command } from "commander";
import { stringify } from "yaml";
import type { Incident } from "../../schemas/action.ts";
import { type CommandOptions, clientOf, remote } from "./options.ts";
import { printIncidents } from "./sentences.ts";
import { dim, print, safe } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly reason?: string;
}

const VERDICTS = ["approve", "reject", "close"] as const;

export function incidentsCommand(): Command {
  const command = remote(new Command("incidents"))
    .summary("findings gathered by agent and cause")
    .description(
      "findings gathered by agent and cause; with an ID, one of them with what was done and what is proposed",
    )
    .argument("[id]", "id of an incident, i-…")
    .option("--reason <text>", "why; required with --approve, --reject and --close");
  for (const verdict of VERDICTS) command.option(`--${verdict}`, `${verdict} the incident that ID names`);
  return command.action(async (id: string | undefined, options: Options) =>
    id === undefined ? list(options) : one(id, options),
  );
}

async function list(options: Options): Promise<void> {
  const { incidents } = await clientOf(options).get<{ incidents: Incident[] }>("/v1/incidents");
  if (options.json) print(JSON.stringify(incidents));
  else if (incidents.length === 0) print(dim("There are no incidents."));
  else printIncidents(incidents);
}

async function one(
  id: string,
  options: Options & { [verdict in (typeof VERDICTS)[number]]?: true },
): Promise<void> {
  const client = clientOf(options);
  const path = `/v1/incidents/${encodeURIComponent(id)}`;
  const verdict = VERDICTS.find((name) => options[name]);
  const answer = verdict
    ? await client.post<object>(`${path}/${verdict}`, { reason: options.reason ?? "" })
    : await client.get<Incident>(path);
  print(options.json ? JSON.stringify(answer) : stringify(answer).split("\n").map(safe).join("\n").trimEnd());
}
