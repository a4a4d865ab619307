/** Recorded agents, where the recordings are at hand: one model is left out and judged by what the others taught. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { reader } from "../../services/cli/evaluate-files.ts";
import { settingsOf } from "../../services/cli/options.ts";
import { PUBLIC_KEY } from "../../services/ingest/index.ts";
import { type Judged, judged, measure } from "../../services/replay/evaluate/measure.ts";
import { observed } from "../../services/replay/evaluate/observe.ts";
import { firstAbove, modelOf } from "../../services/replay/evaluate/trail.ts";
import { Firing, type Story } from "./story.ts";

/** AgentDyn (SaFo-Lab, MIT). */
export const RECORDING = join(import.meta.dirname, "../../../shared/data/agentdyn.dev.ndjson.gz");
/** The model that most attacks were recorded of. */
const LEFT_OUT = "gpt-4o-2024-08-06";
const RATES = [0.01, 0.05];

/** Whether the recordings are at hand. */
export const isRecorded = () => existsSync(RECORDING);

/** Judges them. */
export async function recorded(): Promise<Story> {
  const settings = await settingsOf({});
  const { sessions, truths } = await reader(settings, PUBLIC_KEY)([RECORDING]);
  const isBenign = ({ id }: { id: string }) => truths.get(id)?.label === "benign";
  const [mine, others] = [
    sessions.filter(({ version }) => modelOf(version) === LEFT_OUT),
    sessions.filter((session) => modelOf(session.version) !== LEFT_OUT && isBenign(session)),
  ];
  const told = { hasWorkflow: true, hasProvenance: false, secret: PUBLIC_KEY.secret };
  const seen = await observed({ told, settings, weights: "shipped" }, others, mine);
  return storyOf(
    judged(
      seen.map(({ trail }) => trail),
      truths,
    ),
  );
}

function storyOf(sessions: readonly Judged[]): Story {
  const { auc, atRate, sessions: counts } = measure(sessions, RATES);
  const firing = new Firing();
  const figures: Record<string, number> = { AUC: auc.value };
  for (const [rate, { threshold, truePositives, inTime }] of Object.entries(atRate)) {
    figures[`caught at ${rate}`] = truePositives.value;
    figures[`in time at ${rate}`] = inTime;
    for (const { trail, truth } of sessions) {
      const call = firstAbove(trail, threshold);
      // Resisted attacks are many, and nobody decided yet whether they should alert.
      if (call !== undefined && truth.label !== "resisted")
        firing.add(`score above ${rate}`, truth.label, trail.id, call);
    }
  }
  return { sessions: { benign: counts.benign, executed: counts.attack }, fired: firing.get(), figures };
}
