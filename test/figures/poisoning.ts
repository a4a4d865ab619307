/** A compromised trust unit that shows its attack again and again while everybody learns. */
import type { Labelled } from "../../services/replay/evaluate/evaluate.ts";
import type { Judged } from "../../services/replay/evaluate/measure.ts";
import { type JudgingOptions, observed } from "../../services/replay/evaluate/observe.ts";
import type { RecordedSession } from "../../services/replay/evaluate/recording.ts";
import { markdown, rowOf, TITLES } from "./rows.ts";
import { fitted, isReported, type Split, scored } from "./split.ts";

/** Times that one attack of the left-out model is shown. */
const TIMES = 300;

interface Outcome {
  readonly before: readonly Judged[];
  readonly after: readonly Judged[];
  /** The goal of the attack that was shown. */
  readonly goal: string | undefined;
}

/** Detection without and with such a unit among what is learned from. */
export async function poisoningTable(
  course: JudgingOptions,
  all: readonly Split[],
  recorded: Labelled,
): Promise<string> {
  const outcomes: Outcome[] = [];
  for (const split of all)
    if (isReported(split, recorded.truths)) outcomes.push(await poisoned(course, split, recorded));
  const rows = (title: string, pick: (outcome: Outcome) => readonly Judged[]) =>
    rowOf(title, outcomes.flatMap(pick));
  return markdown(TITLES, [
    rows("all attacks, nobody compromised", ({ before }) => before),
    rows(`all attacks, a unit showed one ${TIMES} times`, ({ after }) => after),
    rows("attacks with its goal, nobody compromised", ({ before, goal }) => ofGoal(before, goal)),
    rows(`attacks with its goal, a unit showed one ${TIMES} times`, ({ after, goal }) => ofGoal(after, goal)),
  ]);
}

async function poisoned(
  course: JudgingOptions,
  split: Split,
  { sessions, truths }: Labelled,
): Promise<Outcome> {
  const tested = new Set(split.test.map(({ trail }) => trail.id));
  const mine = sessions.filter(({ id }) => tested.has(id));
  const attacks = mine.filter(({ id }) => truths.get(id)?.label === "executed");
  const goals = [...Map.groupBy(attacks, ({ id }) => truths.get(id)?.goal)];
  const [goal, [shown] = []] = goals.toSorted(([, one], [, other]) => other.length - one.length)[0] ?? [];
  const again = Array.from({ length: shown === undefined ? 0 : TIMES }, (_, time) =>
    compromised(shown, time),
  );
  const seen = await observed(course, [...split.learn, ...again.flat()], mine, true);
  const table = fitted(split, truths);
  return { before: scored(split.test, table, truths), after: scored(seen, table, truths), goal };
}

const ofGoal = (sessions: readonly Judged[], goal: string | undefined) =>
  sessions.filter(({ truth }) => truth.label === "benign" || truth.goal === goal);

/** The session as that unit would show it. */
function compromised(session: RecordedSession | undefined, time: number): readonly RecordedSession[] {
  if (session === undefined) return [];
  const id = `${session.id}-again-${time}`;
  const lines = session.lines.map((line, at) => {
    const event = JSON.parse(line.toString());
    return Buffer.from(
      JSON.stringify({ ...event, id: `${id}#${at}`, session: id, trustUnit: "compromised" }),
    );
  });
  return [{ ...session, id, trustUnit: "compromised", lines }];
}
