import { Command } from "commander";
import type { Finding } from "../../schemas/finding.ts";
import { followFeed } from "./feed-client.ts";
import { type CommandOptions, clientOf, count, remote, severityOption } from "./options.ts";
import { printFinding } from "./sentences.ts";
import { dim, print } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly follow?: true;
  readonly agent?: string;
  readonly severity?: string;
  readonly limit: number;
}

/** The command `offgraph findings`. */
export function findingsCommand(): Command {
  return remote(new Command("findings"))
    .summary("what was found; --follow for what comes")
    .description("what was found, newest last; with --follow, also what comes; --json prints one a line")
    .option("--follow", "go on with what comes, until Ctrl-C")
    .option("--agent <id>", "only findings about this agent")
    .addOption(severityOption("only findings at least this severe"))
    .option("--limit <number>", "how many of the newest", count, 20)
    .action(findings);
}

async function findings(options: Options): Promise<void> {
  const client = clientOf(options);
  const query = new URLSearchParams({ limit: String(options.limit) });
  if (options.agent) query.set("agent", options.agent);
  if (options.severity) query.set("severity", options.severity);
  const show = (finding: Finding) => (options.json ? print(JSON.stringify(finding)) : printFinding(finding));
  // The feed is opened first, so that nothing falls between the list and it; what is in both is shown once.
  const feed = options.follow ? followFeed(client, query) : undefined;
  const first = feed?.next();
  // If it fails, it is awaited below or the list fails too; until then nobody listens.
  first?.catch(() => {});
  const known = await client.get<{ findings: Finding[] }>(`/v1/findings?${query}`);
  for (const finding of known.findings.toReversed()) show(finding);
  if (known.findings.length === 0 && !options.json) print(dim("Nothing was found yet."));
  const shown = new Set(known.findings.map((finding) => finding.id));
  for (let next = await first; feed && next && !next.done; next = await feed.next()) {
    if (!shown.delete(next.value.id)) show(next.value);
  }
}
