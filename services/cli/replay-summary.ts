/** What a replay found, counted as it comes and told so that a stranger understands it. Memory: one row per agent and kind. */
import type { Finding } from "../../schemas/finding.ts";
import { isAtLeast, SEVERITIES, type Severity } from "../../schemas/ids.ts";
import { spoken } from "./duration.ts";
import type { ReadingNotes } from "./reading-notes.ts";
import { printFinding } from "./sentences.ts";
import { bold, dim, print, safe, severe, table } from "./terminal.ts";

const SHOWN_FINDINGS = 5;
const SHOWN_AGENTS = 10;

interface Row {
  count: number;
  worst: Severity;
  readonly agents: Set<string>;
}

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
      const kind = `${finding.detector} ${finding.kind} ${finding.severity}`;
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

function addTo(rows: Map<string, Row>, key: string, { severity, agent }: Finding): void {
  const row = rows.get(key) ?? { count: 0, worst: severity, agents: new Set() };
  row.count++;
  row.worst = worse(row.worst, severity);
  row.agents.add(agent);
  rows.set(key, row);
}

const worse = (one: Severity | undefined, other: Severity) =>
  one !== undefined && isAtLeast(one, other) ? one : other;

export interface Figures {
  readonly events: number;
  readonly rejected: number;
  readonly agents: number;
  readonly seconds: number;
  readonly duplicates: number;
  readonly late: number;
}

export function printSummary(figures: Figures, seen: Tally, notes: ReadingNotes): void {
  const { events, agents, seconds, rejected, duplicates, late } = figures;
  const number = (value: number) => value.toLocaleString("en");
  print(
    `${bold(number(events))} events of ${bold(number(agents))} agents in ${spoken(seconds * 1000)}: ${bold(number(seen.count))} findings`,
  );
  if (rejected > 0) {
    print(
      `${number(rejected)} records could not be read; --dead-letters FILE keeps them with their reasons.`,
    );
    notes.printRefused();
  }
  notes.printIgnored();
  if (duplicates > 0) print(`${number(duplicates)} events came again and were counted once.`);
  if (late > 0)
    print(
      `${number(late)} events came later than --lateness allows: they inform about tokens, and teach nothing.`,
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
    const [detector = "", kind = ""] = key.split(" ");
    return [severe(row.worst), detector, kind, row.count, row.agents.size];
  });
  print(`${table(["severity", "detector", "what", "findings", "agents"], cells)}\n`);
}

function printAgents({ agents }: Tally): void {
  const rows = [...agents].sort(([, a], [, b]) => rank(b.worst) - rank(a.worst) || b.count - a.count);
  const cells = rows
    .slice(0, SHOWN_AGENTS)
    .map(([agent, row]) => [safe(agent), row.count, severe(row.worst)]);
  print(`${table(["agent", "findings", "worst"], cells)}`);
  print(rows.length > SHOWN_AGENTS ? dim(`and ${rows.length - SHOWN_AGENTS} more agents\n`) : "");
}

const rank = (severity: Severity) => SEVERITIES.indexOf(severity);
