import { Command } from "commander";
import type { Finding } from "../../schemas/finding.ts";
import { type CommandOptions, clientOf, remote } from "./options.ts";
import { printExplanation } from "./sentences.ts";
import { print } from "./terminal.ts";

/** The command `offgraph explain`. */
export function explainCommand(): Command {
  return remote(new Command("explain"))
    .summary("why a finding fired")
    .description(
      "why a finding fired: what was expected, how rare it is, the evidence, what would have kept it silent",
    )
    .argument("<finding>", "id of a finding, f-…")
    .action(async (id: string, options: CommandOptions) => {
      const finding = await clientOf(options).get<Finding>(`/v1/findings/${encodeURIComponent(id)}`);
      if (options.json) print(JSON.stringify(finding));
      else printExplanation(finding);
    });
}
