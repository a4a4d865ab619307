/** `offgraph quarantine` and `offgraph release`: a person's word, said first and confirmed. */
import { createInterface } from "node:readline/promises";
import { Command, Option } from "commander";
import type { Decision } from "../../schemas/action.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import type { ApiClient } from "./client.ts";
import { duration, spoken } from "./duration.ts";
import { type CommandOptions, clientOf, remote, withReason } from "./options.ts";
import { bold, print, safe, tell } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly reason?: string;
  readonly for?: number;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** How long a quarantine lasts if nobody says how long. */
const HOUR_MS = 3_600_000;

type Verdict = "quarantine" | "release";

/** The command `offgraph quarantine`. */
export function quarantineCommand(): Command {
  return contain(
    "quarantine",
    "deny an agent and all its tokens at every gate, until it is released or the time is over",
  ).addOption(
    new Option("--for <duration>", "how long").argParser(duration).default(HOUR_MS, spoken(HOUR_MS)),
  );
}

/** The command `offgraph release`. */
export function releaseCommand(): Command {
  return contain("release", "lift what is denied for an agent");
}

function contain(verdict: Verdict, description: string): Command {
  return withReason(remote(new Command(verdict)), ({ dryRun }) => dryRun === true)
    .summary(
      verdict === "quarantine"
        ? "deny an agent and its tokens at every gate"
        : "lift what is denied for an agent",
    )
    .description(description)
    .argument("<agent>", "id of the agent")
    .option("--dry-run", "say what it would do, and do nothing")
    .option("--yes", "do not ask; needed without a terminal")
    .action((agent: string, options: Options) => run(verdict, agent, options));
}

async function run(verdict: Verdict, agent: string, options: Options): Promise<void> {
  if (!options.dryRun && !options.yes && !process.stdin.isTTY)
    throw new OffgraphError(
      "bad-request",
      `${verdict}: there is no terminal to ask on; give --yes to go on, or --dry-run to see what it would do`,
    );
  const client = clientOf(options);
  const plan = await planOf(client, verdict, agent, options);
  if (options.dryRun)
    return print(
      options.json
        ? JSON.stringify({ dryRun: true, verdict, agent, plan })
        : `${plan}\nNothing was done (--dry-run).`,
    );
  tell(plan);
  if (!(await confirmed(options))) return tell("Nothing was done.");
  const body = {
    agent,
    reason: options.reason,
    ...(options.for === undefined ? {} : { durationMs: options.for }),
  };
  const decision = await client.post<Decision>(`/v1/agents/${verdict}`, body);
  print(
    options.json
      ? JSON.stringify(decision)
      : `${bold("Accepted")} as ${decision.id}; the gates follow within a second.`,
  );
}

/** What it would do, in a sentence, with what is known about the agent. */
async function planOf(client: ApiClient, verdict: Verdict, agent: string, options: Options): Promise<string> {
  const known = await client.get(`/v1/agents/${encodeURIComponent(agent)}`).then(
    () => "",
    (error: { code?: string }) => {
      if (error.code === "not-found") return " Nothing was learned about this agent yet: check the spelling.";
      throw error;
    },
  );
  const name = safe(agent);
  if (verdict === "release")
    return `Release lifts every denial of ${name} and of its tokens at every gate.${known}`;
  const until = `for ${spoken(options.for ?? 0)}`;
  return `Quarantine denies ${name} and each of its known and newly issued tokens at every gate, ${until}; \`offgraph release ${name}\` undoes it.${known}`;
}

async function confirmed(options: Options): Promise<boolean> {
  if (options.yes) return true;
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await ask.question("Go on? [y/N] ");
  ask.close();
  return /^y(es)?$/i.test(answer.trim());
}
