/** What it costs to score and calibrate every session: replay of the same file with the evidence and without, by turns. */
import { join } from "node:path";
import type { BenchOptions, Case } from "../case.ts";
import { writeBenchFile } from "../data.ts";
import { byTurns, timesOf, type Variant } from "../measure.ts";
import { replayFile } from "../replay-file.ts";

const WARM_UP_EVENTS = 30_000;
const OFF = "replay without evidence";

const variantsOf = (path: string): Variant[] => [
  { name: "replay with evidence", run: () => replayFile(path, () => undefined, { evidence: "on" }) },
  { name: OFF, run: () => replayFile(path, () => undefined) },
];

/** `--only evidence`. */
export const evidenceCase: Case = {
  name: "evidence",
  about: "a file of events through every detector, each call scored and each session judged, one thread",
  async run({ benchFile, folder, runs, note }: BenchOptions) {
    const path = join(folder, "warm-up.ndjson");
    writeBenchFile(path, { events: WARM_UP_EVENTS, agents: 1000, seed: 2 });
    await byTurns(variantsOf(path), 1, (text) => note(`warming up, ${text}`));
    const samples = await byTurns(variantsOf(benchFile()), runs, note);
    return [
      ...timesOf("replay with evidence", samples, [{ name: OFF, target: "≥ 1.0" }]),
      ...timesOf(OFF, samples),
    ];
  },
};
