/** Weights for every context from labelled history, each session judged by what was learned from other models. */
import type { NamedTable } from "../../../detectors/evidence/weights.ts";
import { observedToFit } from "./apart.ts";
import type { Labelled } from "./evaluate.ts";
import { fitTable } from "./fit-table.ts";
import type { JudgingOptions } from "./observe.ts";

const STAGES = 3;

/** Fits a table. Fails with `bad-request` if there are too few sessions. */
export async function tuned(
  course: JudgingOptions,
  { sessions, truths }: Labelled,
  onStage: (stage: string, done: number, total: number) => void,
): Promise<NamedTable> {
  const labelled = (label: string) => sessions.filter(({ id }) => truths.get(id)?.label === label);
  const learn = labelled("benign");
  const examples = [...learn, ...labelled("executed")];
  const seen = (hasWorkflow: boolean) =>
    observedToFit({ ...course, told: { ...course.told, hasWorkflow, hasProvenance: true } }, learn, examples);
  onStage("Observing", 0, STAGES);
  const declared = await seen(true);
  onStage("Observing", 1, STAGES);
  const undeclared = await seen(false);
  onStage("Fitting", 2, STAGES);
  return fitTable((context) => (context.startsWith("workflow") ? declared : undeclared)(context), truths);
}
