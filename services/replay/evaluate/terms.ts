/** What each term of the evidence is worth on these sessions: what it adds to scores, and what is lost without it. */
import { TERMS } from "../../../detectors/evidence/term.ts";
import { CONTEXTS, type WeightTable } from "../../../detectors/evidence/weights.ts";
import { mean } from "./mean.ts";
import { aucOf, type Judged, judged, tprAt } from "./measure.ts";
import type { Call, Observed } from "./observe.ts";
import type { Label, SessionTruth, Trail } from "./trail.ts";
import { weighed } from "./weigh.ts";

/** One term. Points are log-odds, on average over the worst calls of sessions. */
export interface TermWorth {
  readonly name: string;
  readonly means: string;
  readonly points: { readonly benign: number; readonly attack: number };
  /** The same weights with this one 0, not fitted anew. */
  readonly without: { readonly auc: number; readonly tprAtFpr: Readonly<Record<string, number>> };
}

/** The worth of each term that weighs something here. */
export function termWorths(
  sessions: readonly Observed[],
  table: WeightTable,
  truths: ReadonlyMap<string, SessionTruth>,
  rates: readonly number[],
): readonly TermWorth[] {
  const worst = (label: Label) =>
    sessions
      .filter(({ trail }) => truths.get(trail.id)?.label === label)
      .map((session) => worstOf(session, weighed(session, table)));
  const [benign, attack] = [worst("benign"), worst("executed")];
  const used = CONTEXTS.filter((context) =>
    sessions.some(({ calls }) => calls.some((call) => call.context === context)),
  );
  return TERMS.flatMap(({ name, means }, at) => {
    if (used.every((context) => (table.contexts[context].terms[at] ?? 0) === 0)) return [];
    const pointsIn = (calls: typeof benign) => mean(calls.map((call) => pointsOf(table, call, at)));
    const without = withoutTerm(table, at);
    const trails = sessions.map((session) => weighed(session, without));
    return [
      {
        name,
        means,
        points: { benign: pointsIn(benign), attack: pointsIn(attack) },
        without: worthOf(judged(trails, truths), rates),
      },
    ];
  });
}

const worstOf = ({ calls }: Observed, { rises }: Trail): Call | undefined =>
  calls[rises.at(-1)?.call ?? calls.length];

function pointsOf({ contexts }: WeightTable, call: Call | undefined, at: number): number {
  return call === undefined ? 0 : (contexts[call.context].terms[at] ?? 0) * (call.terms[at] ?? 0);
}

function withoutTerm(table: WeightTable, at: number): WeightTable {
  const contexts = { ...table.contexts };
  for (const context of CONTEXTS) {
    const { bias, terms } = contexts[context];
    contexts[context] = { bias, terms: terms.with(at, 0) };
  }
  return { ...table, contexts };
}

const worthOf = (sessions: readonly Judged[], rates: readonly number[]): TermWorth["without"] => ({
  auc: aucOf(sessions),
  tprAtFpr: Object.fromEntries(rates.map((rate) => [String(rate), tprAt(sessions, rate)])),
});
