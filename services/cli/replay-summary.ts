/** What a replay found, counted as it comes and told so that a stranger understands it. Memory: one row per agent and kind. */
import type { Finding } from "../../schemas/finding.ts";
import { isAtLeast, SEVERITIES, type Severity } from "../../schemas/ids.ts";
import { spoken } from "./duration.ts";
import type { ReadingNotes } from "./reading-notes.ts";
import { printFinding } from "./sentences.ts";
import { bold, dim, print, safe, severe, shownCount, table, wrap } from "./terminal.ts";

const SHOWN_FINDINGS = 5;
const SHOWN_AGENTS = 10;

interface Row {
  count: number;
  worst: Severity;
  readonly agents: Set<string>;
}

/** What was found so far. */
export interface Tally {
  add(finding: Finding): void;
  readonly count: number;
  /** The most severe so far; undefined before the first. */
  readonly worst: Severity | undefined;
  readonly kinds: ReadonlyMap<string, Row>;
  readonly agents: ReadonlyMap<string, Row>;
  /** The first of each kind. */
  readonly first: readonly Finding[];
}

/** Begins with nothing found. */
export function tally(): Tally {
  const kinds = new Map<string, Row>();
  const agents = new Map<string, Row>();
  const first: Finding[] = [];
  let count = 0;
  let worst: Severity | undefined;
  return {
    add(finding) {
      count++;
      worst = worse(worst, finding.severity);
      const kind = kindOf(finding);
      if (first.length < SHOWN_FINDINGS && !kinds.has(kind)) first.push(finding);
      addTo(kinds, kind, finding);
      addTo(agents, finding.agent, finding);
    },
    get count() {
      return count;
    },
    get worst() {
      return worst;
    },
    kinds,
    agents,
    first,
  };
}

/** What new versions are told of quietly is a kind of its own. */
const kindOf = ({ detector, kind, severity, newVersion }: Finding) =>
  `${detector} ${kind} ${severity}${newVersion?.quiet ? ` ${QUIET}` : ""}`;

const QUIET = "quiet";

function addTo(rows: Map<string, Row>, key: string, { severity, agent }: Finding): void {
  const row = rows.get(key) ?? { count: 0, worst: severity, agents: new Set() };
  row.count++;
  row.worst = worse(row.worst, severity);
  row.agents.add(agent);
  rows.set(key, row);
}

const worse = (one: Severity | undefined, other: Severity) =>
  one !== undefined && isAtLeast(one, other) ? one : other;

interface Figures {
  readonly events: number;
  readonly rejected: number;
  readonly agents: number;
  readonly seconds: number;
  readonly duplicates: number;
  readonly late: number;
}

/** Prints what was read and found, and what could not be read. */
export function printSummary(figures: Figures, seen: Tally, notes: ReadingNotes): void {
  const { events, agents, seconds, rejected, duplicates, late } = figures;
  print(
    `${bold(shownCount(events, "event"))} of ${bold(shownCount(agents, "agent"))} in ${spoken(seconds * 1000)}: ${bold(shownCount(seen.count, "finding"))}`,
  );
  if (rejected > 0) {
    print(
      `${shownCount(rejected, "record")} could not be read; --dead-letters FILE keeps them with their reasons.`,
    );
    notes.printRefused();
  }
  notes.printIgnored();
  if (duplicates > 0)
    print(
      `${shownCount(duplicates, "event")} came again and ${duplicates === 1 ? "was" : "were"} counted once.`,
    );
  if (late > 0)
    print(
      `${shownCount(late, "event")} came later than --lateness allows: such events inform about tokens, and teach nothing.`,
    );
  print();
  if (events === 0) print(dim("There was no event to judge."));
  else if (seen.count === 0) print(dim(NOTHING));
  else printFound(seen);
}

const NOTHING =
  "Nothing was found. An agent is judged by what it has shown before: a short recording is all learning.";

function printFound(seen: Tally): void {
  printKinds(seen);
  printAgents(seen);
  print(bold("The first of each kind"));
  for (const finding of seen.first) printFinding(finding, false);
}

function printKinds({ kinds }: Tally): void {
  const rows = [...kinds].sort(([, a], [, b]) => rank(b.worst) - rank(a.worst) || b.count - a.count);
  const cells = rows.map(([key, row]) => {
    const [detector = "", kind = "", , quiet] = key.split(" ");
    const what = quiet === undefined ? kind : `${kind}, new version`;
    return [severe(row.worst), detector, what, row.count, row.agents.size];
  });
  print(`${table(["severity", "detector", "what", "findings", "agents"], cells)}\n`);
  if (rows.some(([key]) => key.endsWith(` ${QUIET}`))) print(`${dim(wrap(OF_NEW_VERSIONS))}\n`);
}

const OF_NEW_VERSIONS =
  "New version: what an agent writes for the first time soon after its version changed is told as low; what sends, administers or reaches somebody new is told in full.";

function printAgents({ agents }: Tally): void {
  const rows = [...agents].sort(([, a], [, b]) => rank(b.worst) - rank(a.worst) || b.count - a.count);
  const cells = rows
    .slice(0, SHOWN_AGENTS)
    .map(([agent, row]) => [safe(agent), row.count, severe(row.worst)]);
  print(`${table(["agent", "findings", "worst"], cells)}`);
  print(
    rows.length > SHOWN_AGENTS ? dim(`and ${shownCount(rows.length - SHOWN_AGENTS, "more agent")}\n`) : "",
  );
}

const rank = (severity: Severity) => SEVERITIES.indexOf(severity);
