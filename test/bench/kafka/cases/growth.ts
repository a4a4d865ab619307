/** The same number of events of a hundred times as many agents. */
import { join } from "node:path";
import type { BenchOptions, Case } from "../../case.ts";
import { writeBenchFile } from "../../data.ts";
import { byTurns, timesOf, type Variant } from "../../measure.ts";
import { linesOf } from "../lines.ts";
import { preload } from "../preload.ts";
import { processAll } from "../processor.ts";
import { servers } from "../servers.ts";

const FEW = "10,000 agents";
const MANY = "1,000,000 agents";

/** `--only growth`. */
export const growthCase: Case = {
  name: "growth",
  about: "events of 1,000,000 agents, skewed, against as many events of 10,000; from an empty state",
  async run({ benchFile, events, folder, runs, note }: BenchOptions) {
    const path = join(folder, "many.ndjson");
    writeBenchFile(path, { events, agents: 1_000_000, seed: 1 });
    const few = await preload(await servers(), linesOf(benchFile()));
    const many = await preload(await servers(), linesOf(path));
    const variants: Variant[] = [
      { name: MANY, run: () => processAll(many) },
      { name: FEW, run: () => processAll(few) },
    ];
    await byTurns(variants, 1, (text) => note(`warming up, ${text}`));
    const samples = await byTurns(variants, runs, note);
    return [...timesOf(MANY, samples, [{ name: FEW, target: "≥ 0.7" }]), ...timesOf(FEW, samples)];
  },
};
