/** Weights for every context from labelled history, each session judged by what was learned from other models. */
import { type Context, contextOf, type NamedTable } from "../../../detectors/evidence/weights.ts";
import { byModel, observedApart } from "./apart.ts";
import type { Labelled } from "./evaluate.ts";
import { fitTable } from "./fit-table.ts";
import type { Course, Observed } from "./observe.ts";

/** What may be known of a call: whether its workflow was declared, and where its arguments came from. */
const VIEWS = [true, false].flatMap((hasWorkflow) =>
  [true, false].map((hasProvenance) => ({ hasWorkflow, hasProvenance })),
);

/** Fits a table. Fails with `bad-request` if there are too few sessions. */
export async function tuned(
  course: Course,
  { sessions, truths }: Labelled,
  onStage: (stage: string, done: number, total: number) => void,
): Promise<NamedTable> {
  const labelled = (label: string) => sessions.filter(({ id }) => truths.get(id)?.label === label);
  const learn = labelled("benign");
  const examples = [...learn, ...labelled("executed")];
  const byContext = new Map<Context, readonly Observed[]>();
  for (const [at, view] of VIEWS.entries()) {
    onStage("Observing", at, VIEWS.length + 1);
    const told = { ...course.told, ...view };
    const seen = await observedApart({ ...course, told }, learn, examples, byModel, true);
    byContext.set(contextOf(view.hasWorkflow ? 1 : 0, view.hasProvenance), seen);
  }
  onStage("Fitting", VIEWS.length, VIEWS.length + 1);
  return fitTable((context) => byContext.get(context) ?? [], truths);
}
