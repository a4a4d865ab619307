/** What the demo says, in plain sentences. */
import type { Incident } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { AttackKind, AttackTruth } from "../simulator/attacks.ts";
import { spoken } from "./duration.ts";
import { bold, dim, print, safe, severe, shownCount, style, table, wrap } from "./terminal.ts";

/** What an attack is, and which detector is there for it. */
export const ATTACKS: Readonly<
  Record<AttackKind, { readonly detector: string; readonly name: string; readonly tale: string }>
> = {
  injected: {
    detector: "out-of-graph",
    name: "prompt injection",
    tale: "read a document with planted text, and do what the text says",
  },
  stolenToken: {
    detector: "token-reuse",
    name: "stolen token",
    tale: "lose a token: a second workload, in another network, uses it too",
  },
  refreshLoop: {
    detector: "refresh-storm",
    name: "refresh loop",
    tale: "ask for new tokens over and over, though no call succeeds with them",
  },
};

/** How far the containment of one attack has come. */
export interface Containment {
  readonly truth: AttackTruth;
  readonly finding: Finding;
  readonly incident: Incident | undefined;
  /** Public id of the agent's token. */
  readonly token: string;
  /** What the gate answered; undefined if it went on allowing. */
  readonly denied: { readonly reason?: string; readonly until?: string } | undefined;
  /** From the event's acceptance to the gate's denial, in ms. */
  readonly afterMs: number;
}

/** What runs here, and where it can be reached. */
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

/** A title, and room for what comes. */
export function chapter(number: number, title: string): void {
  print(`\n${bold(`${number}  ${title}`)}\n`);
}

/** What was learned, in how many ms; `findings` and `grave` are counted up to 1,000. */
export function tellLearned(
  events: number,
  agents: number,
  ms: number,
  findings: number,
  grave: number,
): void {
  const rate = Math.round(events / (ms / 1000)).toLocaleString("en");
  print(
    `  ${events.toLocaleString("en")} events of ${shownCount(agents, "agent")}, sent over HTTP and folded in ${spoken(ms)} (${rate} a second).`,
  );
  if (grave > 0) print(`  ${shownCount(grave, "grave finding")}, of what is past: nothing was acted on.`);
  else print(`  Nothing was found that is grave enough to act on${lesserOf(findings)}.`);
}

/** No more than 1,000 are counted. */
const lesserOf = (findings: number) =>
  findings === 0 ? "" : `; ${findings < 1000 ? "" : "at least "}${shownCount(findings, "lesser finding")}`;

/** An attack begins; the product is not told. */
export function begins(at: string, { attack, agent }: AttackTruth): void {
  const tale = wrap(`The simulator lets ${agent} ${ATTACKS[attack].tale}.`, " ".repeat(10)).trimStart();
  print(`  ${at}  ${dim(tale)}`);
}

/** A finding, and what the gate says since; `how` is what commands must name to reach the system. */
export function contained(at: string, one: Containment, how: string): void {
  const { finding, incident, token, denied, afterMs } = one;
  print(`\n  ${at}  ${severe(finding.severity)}  ${bold(finding.detector)}  ${safe(finding.agent)}`);
  say("Observed", safe(finding.summary));
  say("Expected", safe(finding.expected));
  if (finding.rarity !== undefined) say("How rare", safe(finding.rarity));
  say("Silenced by", safe(finding.silencedBy));
  if (incident !== undefined) say("Incident", `${incident.cause}, ${incident.status} (${incident.id})`);
  say("Gate", denied === undefined ? style("red", "still allowed") : denial(token, afterMs, denied.until));
  say("More", dim(`npx offgraph explain ${finding.id}${how}`));
  print();
}

function denial(token: string, afterMs: number, until = ""): string {
  return `${style(["bold", "green"], "denied")}: the agent's token ${safe(token)}, ${spoken(afterMs)} after the event, until ${until.slice(11, 19)} UTC`;
}

/** An attack, and what came of it; undefined if nothing was found. */
export interface Found {
  readonly truth: AttackTruth;
  readonly containment: Containment | undefined;
}

/** `lesser` counts the findings about agents that were not attacked. */
export function summary(found: readonly Found[], lesser: number): void {
  const rows = found.map(({ truth, containment }) => [
    ATTACKS[truth.attack].name,
    truth.agent,
    containment ? containment.finding.detector : style("red", "not found"),
    containment?.denied ? style("green", "denied") : style("red", "not denied"),
    containment?.denied ? spoken(containment.afterMs) : "",
  ]);
  print(table(["attack", "agent", "found by", "at the gate", "after the event"], rows).replace(/^/gm, "  "));
  if (lesser > 0)
    print(
      dim(
        `\n  ${shownCount(lesser, "lesser finding")} about other agents: shown by \`offgraph findings\`, acted on by nobody.`,
      ),
    );
}

/** What to try while the system keeps running. */
export function lookAround(found: readonly Found[], how: string): void {
  const finding = found.find(({ containment }) => containment)?.containment?.finding;
  print(`\n  ${bold("Look around")}, in another terminal`);
  print(`    npx offgraph findings --follow${how}`);
  if (finding) print(`    npx offgraph explain ${finding.id}${how}`);
  print(`    npx offgraph incidents${how}`);
  print(`    npx offgraph agents ${finding?.agent ?? ""}${how}`);
  if (finding) print(`    npx offgraph release ${finding.agent} --reason "it was a demo"${how}`);
  print(dim("\n  Offgraph keeps running. Ctrl-C ends it and removes its data."));
}

function say(title: string, text: string): void {
  const indent = " ".repeat(24);
  print(`${" ".repeat(10)}${dim(title.padEnd(14))}${wrap(text, indent).trimStart()}`);
}
