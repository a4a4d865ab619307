/** Findings and incidents in sentences. Everything that came from outside passes through `safe`. */
import type { Incident, IncidentAction } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import { bold, dim, print, safe, severe, table, wrap } from "./terminal.ts";

const moment = (time: string) => `${time.slice(0, 10)} ${time.slice(11, 19)}`;
/** A time in UTC, short enough for a table. */
export const minute = (time: string) => moment(time).slice(0, 16);

/** A finding in three lines: what, about whom, and how to learn more; a replay's findings are nowhere to be asked for. */
export function printFinding(finding: Finding, stored = true): void {
  print(
    `${severe(finding.severity)}  ${bold(finding.detector)} ${finding.kind}  ${dim(moment(finding.time))}  ${safe(finding.agent)}`,
  );
  print(wrap(safe(finding.summary), "  "));
  print(dim(stored ? `  offgraph explain ${finding.id}` : `  ${finding.id}`));
}

const PROOFS: Readonly<Record<Finding["evidenceKind"], string>> = {
  invariant: "a broken rule of tokens, or of what a person has denied",
  fact: "a named fact about what was learned",
  statistical: "a score that clean sessions seldom reach, out of a budget of false alerts",
};

/** Everything that a finding says about itself. */
export function printExplanation(finding: Finding): void {
  print(`${severe(finding.severity)}  ${bold(finding.detector)} ${finding.kind}`);
  print(`${wrap(safe(finding.summary), "  ")}\n`);
  for (const [title, text] of statements(finding)) {
    if (text) print(`${bold(title.padEnd(15))}${wrap(safe(text), " ".repeat(15)).trimStart()}`);
  }
  print(bold("Evidence"));
  for (const [name, value] of Object.entries(finding.evidence)) {
    const text = [value].flat().join(", ");
    if (text !== "") print(wrap(safe(`${name}: ${text}`), "  "));
  }
  print(`\n${dim("What next")}`);
  const steps = nextSteps(finding);
  const width = Math.max(...steps.map(([command]) => command.length));
  for (const [command, meaning] of steps) print(dim(`  ${command.padEnd(width)}   ${meaning}`));
}

/** What new versions are told of quietly is decided once for the whole roll-out, not finding by finding. */
function nextSteps({ id, agent: name, newVersion }: Finding): [command: string, meaning: string][] {
  const agent = safe(name);
  const isQuiet = newVersion?.quiet === true;
  const alone: [string, string][] = [
    [`offgraph quarantine ${agent} --dry-run`, "what it would do"],
    [`offgraph baseline release ${id} --approve`, "a false alarm: learn it"],
  ];
  const together: [string, string][] = [
    ["offgraph incidents", "the roll-out that it may be part of"],
    ["offgraph baseline approve-rollout INCIDENT", "as planned: learn it, for all agents of the roll-out"],
  ];
  return [
    [`offgraph agents ${agent}`, "what was learned"],
    ...(newVersion === undefined ? [] : together),
    ...(isQuiet ? [] : alone),
    [`offgraph baseline confirm ${id} --deny`, "an attack: never learn it"],
    ["offgraph replay FILE --source NAME --findings out.ndjson", "the same finding again, from the file"],
  ];
}

function statements(finding: Finding): [title: string, text: string | undefined][] {
  const { agent, workflow, session, detector, detectorVersion: version, judgedBy, evidenceKind } = finding;
  return [
    ["Agent", `${agent}${workflow === undefined ? "" : `, workflow ${workflow}`}, session ${session}`],
    ["When", finding.time],
    ["Expected", finding.expected],
    ["How rare", finding.rarity],
    ["New version", newVersionOf(finding)],
    ["Silenced by", finding.silencedBy],
    ["Kind of proof", PROOFS[evidenceKind]],
    ["Events", finding.eventIds.join(", ")],
    ["Token", tokenOf(finding)],
    [
      "Judged by",
      `${detector} version ${version}, baseline ${judgedBy.baseline}${judgedBy.peerVersion === undefined ? "" : `, peers ${judgedBy.peerVersion}`}, settings ${judgedBy.settings}, key ${judgedBy.key}`,
    ],
    ["Tags", Object.values(finding.tags).flat().join(", ")],
  ];
}

/** What a finding says of its agent's new version. */
function newVersionOf({ newVersion, severity }: Finding): string | undefined {
  if (newVersion === undefined) return undefined;
  const { version, parent, since, announced, quiet } = newVersion;
  const told = announced ? "its deployment was announced" : "no deployment was announced";
  const why = quiet ? `, and so it is told as ${severity}` : "; it is told in full all the same";
  return `${version} since ${moment(since)}, before it ${parent}; ${told}${why}`;
}

const whoOf = ({ agent, rollout }: Incident) =>
  rollout === undefined ? agent : `${rollout.agents.length} of ${rollout.group ?? "no group"}`;

/** A table of incidents, one a line. */
export function printIncidents(incidents: readonly Incident[]): void {
  const rows = incidents.map((one) => [
    severe(one.severity),
    one.status,
    safe(whoOf(one)),
    one.cause,
    one.findingCount,
    minute(one.updatedAt),
    one.id,
  ]);
  print(table(["severity", "status", "agent", "cause", "findings", "updated", "id"], rows));
}

/** What was asked, of what, what came of it and until when. */
export function actionInWords(action: IncidentAction, nowMs: number): string {
  const { kind, target, mode, step, requestedAt } = action;
  const what = kind.endsWith(target.type) ? `${kind} ${target.id}` : `${kind} ${target.type} ${target.id}`;
  const how = mode === "dry-run" ? " (dry-run)" : "";
  return `${moment(requestedAt)}  ${what}${how}: ${resultInWords(action, nowMs)}  [${step}]`;
}

function resultInWords(
  { result, resultAt, detail, releasedAt, expiresAt }: IncidentAction,
  nowMs: number,
): string {
  const came = resultAt === undefined ? result : `${result} ${moment(resultAt)}`;
  const said = detail === undefined ? came : `${came}, ${detail}`;
  if (releasedAt !== undefined) return `${said}, released ${moment(releasedAt)}`;
  if (expiresAt === undefined || result === "failed" || result === "simulated") return said;
  return `${said}, ${Date.parse(expiresAt) > nowMs ? "until" : "over since"} ${moment(expiresAt)}`;
}

function tokenOf({ token }: Finding): string | undefined {
  if (token === undefined) return undefined;
  const named = Object.entries({ "public id": token.publicId, hash: token.hash, family: token.family });
  return named.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])).join(", ");
}
