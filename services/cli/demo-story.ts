/** What the demo says, in plain sentences. */
import type { Incident } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { AttackKind, Truth } from "../simulator/attacks.ts";
import { spoken } from "./duration.ts";
import { bold, dim, print, safe, severe, style, table, wrap } from "./terminal.ts";

/** What an attack is, and which detector is there for it. */
export const ATTACKS: Readonly<
  Record<AttackKind, { readonly detector: string; readonly name: string; readonly tale: string }>
> = {
  injected: {
    detector: "out-of-graph",
    name: "prompt injection",
    tale: "reads a document with planted text, and does what the text says",
  },
  stolenToken: {
    detector: "token-reuse",
    name: "stolen token",
    tale: "has a token stolen; a second workload in another network uses it too",
  },
  refreshLoop: {
    detector: "refresh-storm",
    name: "refresh loop",
    tale: "asks for new tokens over and over, though no call succeeds with them",
  },
};

/** How far the containment of one attack has come. */
export interface Containment {
  readonly truth: Truth;
  readonly finding: Finding;
  readonly incident: Incident | undefined;
  /** Public id of the agent's token. */
  readonly token: string;
  /** What the gate answered; undefined if it went on allowing. */
  readonly denied: { readonly reason?: string; readonly until?: string } | undefined;
  /** From the event's acceptance to the gate's denial, in ms. */
  readonly afterMs: number;
}

export function opening(url: string, folder: string): void {
  print(bold("Offgraph demo"));
  print(
    wrap(
      "One process, an embedded log and store, no other servers. Agents and attacks are generated; what you see is the product at work.",
    ),
  );
  print();
  print(`  API      ${url}/v1/findings`);
  print(`  Feed     ${url}/v1/findings/stream`);
  print(`  Gate     ${url}/v1/check   (Envoy and nginx: ${url}/v1/authz)`);
  print(`  Metrics  ${url}/metrics`);
  print(dim(`  Data     ${folder}, removed at the end`));
}

export function chapter(number: number, title: string): void {
  print(`\n${bold(`${number}  ${title}`)}\n`);
}

export function learned(events: number, agents: number, ms: number, findings: number): void {
  const rate = Math.round(events / (ms / 1000)).toLocaleString("en");
  print(
    `  ${events.toLocaleString("en")} events of ${agents} agents, sent over HTTP and folded in ${spoken(ms)} (${rate} a second).`,
  );
  const noise =
    findings === 0
      ? "Nothing was flagged: quiet agents are quiet."
      : `${findings} findings on the way; they are history, and nothing was acted on.`;
  print(`  ${noise}`);
}

/** An attack begins; the product is not told. */
export function begins(at: string, { attack, agent }: Truth): void {
  print(wrap(dim(`${at}  the simulator: ${agent} ${ATTACKS[attack].tale}.`), "  "));
}

export function contained(at: string, one: Containment, how: string): void {
  const { finding, incident, token, denied, afterMs } = one;
  print(`\n  ${at}  ${severe(finding.severity)}  ${bold(finding.detector)}  ${safe(finding.agent)}`);
  say("Observed", safe(finding.summary));
  say("Expected", safe(finding.expected));
  if (finding.rarity !== undefined) say("How rare", safe(finding.rarity));
  say("Silenced by", safe(finding.silencedBy));
  if (incident !== undefined) say("Incident", `${incident.cause}, ${incident.status} (${incident.id})`);
  say("Gate", denied === undefined ? style("red", "still allowed") : denial(token, afterMs, denied.until));
  say("More", dim(`offgraph explain ${finding.id}${how}`));
  print();
}

function denial(token: string, afterMs: number, until = ""): string {
  return `${style(["bold", "green"], "denied")}: the agent's token ${safe(token)}, ${spoken(afterMs)} after the event, until ${until.slice(11, 19)} UTC`;
}

/** A finding that no attack explains. */
export function beside(at: string, { detector, kind, agent, severity }: Finding): void {
  print(dim(`  ${at}  ${severity} ${detector} ${kind}, ${safe(agent)}`));
}

export interface Found {
  readonly truth: Truth;
  readonly containment: Containment | undefined;
}

export function summary(found: readonly Found[], how: string): void {
  const rows = found.map(({ truth, containment }) => [
    ATTACKS[truth.attack].name,
    truth.agent,
    containment ? containment.finding.detector : style("red", "not found"),
    containment?.denied ? style("green", "denied") : style("red", "not denied"),
    containment?.denied ? spoken(containment.afterMs) : "",
  ]);
  print(table(["attack", "agent", "found by", "at the gate", "after the event"], rows).replace(/^/gm, "  "));
  const first = found.find(({ containment }) => containment)?.containment?.finding;
  print(`\n  ${bold("Look around")}`);
  print(`  offgraph findings${how}`);
  if (first) print(`  offgraph explain ${first.id}${how}`);
  print(`  offgraph incidents${how}`);
  print(`  offgraph agents ${first?.agent ?? ""}${how}`);
  if (first) print(`  offgraph release ${first.agent} --reason "it was a demo"${how}`);
}

function say(title: string, text: string): void {
  const indent = " ".repeat(24);
  print(`${" ".repeat(10)}${dim(title.padEnd(14))}${wrap(text, indent).trimStart()}`);
}
