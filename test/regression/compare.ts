/** Two versions of the same stories: what fires more, less or elsewhere. */
import type { Stories, Story } from "./story.ts";

/** What may change without anybody having to look. All are shares. */
export interface Tolerance {
  /** More benign sessions where something fires. */
  readonly moreBenign: number;
  /** Fewer attacks where it does, or where it does at the same event. */
  readonly fewerAttacks: number;
  /** A lower figure. */
  readonly lowerFigure: number;
}

/** A difference, in words; `isBeyond` if it is more than is tolerated. */
export interface Difference {
  readonly text: string;
  readonly isBeyond: boolean;
}

const BENIGN = "benign";
/** Sessions that are named for each difference. */
const MOST_NAMED = 3;

/** Compares; a story that only one side has is told, and tolerated if it is new. */
export function compared(before: Stories, now: Stories, tolerance: Tolerance): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const [old, young] = [before[name], now[name]];
    if (young === undefined) return [{ text: `${name}: not played`, isBeyond: false }];
    if (old === undefined) return [{ text: `${name}: new`, isBeyond: false }];
    const all = [
      ...otherSessions(old, young),
      ...firedDifferently(old, young, tolerance),
      ...otherFigures(old, young, tolerance),
    ];
    return all.map(({ text, isBeyond }) => ({ text: `${name}: ${text}`, isBeyond }));
  });
}

/** What is played no longer could hide that nothing fires in it. */
function otherSessions(before: Story, now: Story): Difference[] {
  return labelsOf(before, now).flatMap((label) => {
    const [old = 0, young = 0] = [before.sessions[label], now.sessions[label]];
    return old === young ? [] : [{ text: `${label}: ${old} -> ${young} sessions`, isBeyond: young < old }];
  });
}

const labelsOf = (before: Story, now: Story) => [
  ...new Set([...Object.keys(before.sessions), ...Object.keys(now.sessions)]),
];

function firedDifferently(before: Story, now: Story, tolerance: Tolerance): Difference[] {
  const kinds = [...new Set([...Object.keys(before.fired), ...Object.keys(now.fired)])];
  const labels = labelsOf(before, now);
  return kinds.flatMap((kind) =>
    labels.flatMap((label) => {
      const [old, young] = [linesOf(before, kind, label), linesOf(now, kind, label)];
      return differences(old, young, `${kind} in ${label}`, (more, less) => {
        const sessions = now.sessions[label] ?? 0;
        return label === BENIGN
          ? more > tolerance.moreBenign * sessions
          : less > tolerance.fewerAttacks * sessions;
      });
    }),
  );
}

type Fired = ReadonlyMap<string, string>;

/** The events of each session, by session. */
function linesOf({ fired }: Story, kind: string, label: string): Fired {
  const parts = (fired[kind] ?? []).map((line) => line.split(" ")).filter(([own]) => own === label);
  const sessions = Map.groupBy(parts, ([, session = ""]) => session);
  return new Map(
    [...sessions].map(([session, lines]) => [session, lines.map(([, , event]) => event).join(",")]),
  );
}

/** `isBeyond` is asked how many sessions more fire than before, and how many fire no longer, or elsewhere. */
function differences(
  before: Fired,
  now: Fired,
  what: string,
  isBeyond: (more: number, less: number) => boolean,
): Difference[] {
  const more = [...now.keys()].filter((session) => !before.has(session));
  const less = [...before.keys()].filter((session) => !now.has(session));
  const elsewhere = [...now].filter(([session, events]) => (before.get(session) ?? events) !== events);
  const moved = elsewhere.map(([session, events]) => `${session} (${before.get(session)} -> ${events})`);
  return [
    ...told(`${what}: fires more`, more, isBeyond(more.length - less.length, 0)),
    ...told(`${what}: fires less`, less, isBeyond(0, less.length - more.length)),
    ...told(`${what}: fires elsewhere`, moved, isBeyond(0, moved.length)),
  ];
}

function told(what: string, sessions: readonly string[], isBeyond: boolean): Difference[] {
  if (sessions.length === 0) return [];
  const named = sessions.slice(0, MOST_NAMED).join(", ");
  const rest = sessions.length > MOST_NAMED ? " ..." : "";
  return [{ text: `${what}, ${sessions.length} sessions: ${named}${rest}`, isBeyond }];
}

function otherFigures(before: Story, now: Story, { lowerFigure }: Tolerance): Difference[] {
  return Object.entries(before.figures).flatMap(([name, old]) => {
    const young = now.figures[name] ?? Number.NaN;
    if (Math.abs(young - old) < 5e-5) return [];
    const text = `${name}: ${old.toFixed(4)} -> ${young.toFixed(4)}`;
    return [{ text, isBeyond: !(young >= old - lowerFigure) }];
  });
}
