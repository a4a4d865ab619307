/**
 * `npm run figures [-- FILE]`: how good detection is on the recorded sessions of AgentDyn (SaFo-Lab, MIT) and of tau-bench
 * (Sierra, MIT), as tables in Markdown. It needs the recordings and takes a few minutes.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reader } from "../../services/cli/evaluate-files.ts";
import { settingsOf } from "../../services/cli/options.ts";
import { PUBLIC_KEY } from "../../services/ingest/index.ts";
import type { JudgingOptions } from "../../services/replay/evaluate/observe.ts";
import { airlineTable } from "./airline.ts";
import { peersTable } from "./peers.ts";
import { poisoningTable } from "./poisoning.ts";
import { type Split, splits } from "./split.ts";
import { ablation, viewTables } from "./view.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/data");
const [AGENTDYN, AIRLINE] = ["agentdyn.dev.ndjson.gz", "tau_airline.ndjson.gz"].map((name) =>
  join(FOLDER, name),
);
const VIEWS = [
  { title: "Workflow declared", hasWorkflow: true, hasProvenance: false },
  { title: "No workflow declared", hasWorkflow: false, hasProvenance: false },
  { title: "Workflow declared, origin of arguments known", hasWorkflow: true, hasProvenance: true },
  { title: "No workflow declared, origin of arguments known", hasWorkflow: false, hasProvenance: true },
];

async function main(agentdyn: string, airline: string): Promise<string> {
  const settings = await settingsOf({});
  const read = reader(settings, PUBLIC_KEY);
  const [recorded, flights] = [await read([agentdyn]), await read([airline])];
  const pages: string[] = [];
  const add = (title: string, table: string) => {
    process.stderr.write(`${title}: ${Math.round(performance.now() / 1000)} s\n`);
    pages.push(`## ${title}\n\n${table}`);
  };
  for (const { title, ...told } of VIEWS) {
    const course: JudgingOptions = {
      told: { ...told, secret: PUBLIC_KEY.secret },
      settings,
      weights: "shipped",
    };
    const all: Split[] = [];
    for await (const split of splits(course, recorded)) all.push(split);
    add(title, viewTables(all, recorded.truths));
    if (told.hasWorkflow)
      add(`${title}: without each term`, ablation(all, recorded.truths, told.hasProvenance));
    if (told.hasWorkflow && !told.hasProvenance)
      add("One unit repeats an attack for ever", await poisoningTable(course, all, recorded));
  }
  add("New agents and their peers, no workflow declared", peersTable(settings, recorded));
  const told = { hasWorkflow: false, hasProvenance: false, secret: PUBLIC_KEY.secret };
  add("Airline", await airlineTable({ told, settings, weights: "shipped" }, flights));
  return pages.join("\n");
}

if (AGENTDYN === undefined || AIRLINE === undefined || !existsSync(AGENTDYN) || !existsSync(AIRLINE)) {
  process.stdout.write(`the figures need recordings that are not there: ${AGENTDYN}, ${AIRLINE}\n`);
} else {
  const text = await main(AGENTDYN, AIRLINE);
  const [, , output] = process.argv;
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
}
