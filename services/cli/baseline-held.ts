/** `offgraph baseline release` and `confirm`: what becomes of a session in which something was found. */
import { Command } from "commander";
import type { Finding } from "../../schemas/finding.ts";
import { carryOutDecision, changing, type DecisionOptions } from "./baseline-decision.ts";
import { learnedOf, type WaitingSession } from "./learned.ts";
import { clientOf } from "./options.ts";
import { minute } from "./sentences.ts";
import { safe } from "./terminal.ts";

interface Options extends DecisionOptions {
  readonly approve?: true;
  readonly deny?: true;
}

/** A false alarm: the session is learned after all. */
export const releaseHeldCommand = () =>
  ofSession("release", "a false alarm: the finding's session is learned after all").option(
    "--approve",
    "what was strange in it is baseline from now on: sensitive operations are told again otherwise",
  );

/** An attack: the session never teaches. */
export const confirmHeldCommand = () =>
  ofSession("confirm", "an attack: the finding's session never teaches").option(
    "--deny",
    "what was strange in it is denied: each use of it is found as a broken rule",
  );

function ofSession(verdict: "release" | "confirm", description: string): Command {
  return changing(new Command(verdict))
    .description(description)
    .argument("<finding>", "id of a finding, f-…")
    .action((id: string, options: Options) => run(verdict, id, options));
}

async function run(verdict: "release" | "confirm", id: string, options: Options): Promise<void> {
  const client = clientOf(options);
  const path = `/v1/findings/${encodeURIComponent(id)}`;
  const { agent, session } = await client.get<Finding>(path);
  const { heldSessions } = await learnedOf(client, agent);
  const held = heldSessions.filter((one) => one.session === session);
  const edges = (options.approve ?? options.deny) === true;
  const lines = [
    safe(
      `${agent}: session ${session} ${verdict === "release" ? "teaches the baseline" : "never teaches"}; ${waiting(held)}`,
    ),
    ...(edges ? held.flatMap((one) => strange(one, verdict)) : []),
  ];
  await carryOutDecision(client, { agent, lines, path: `${path}/${verdict}`, body: { edges } }, options);
}

const waiting = (held: readonly WaitingSession[]): string =>
  held[0] === undefined
    ? "it is not held: it may still run (then it ends with this word), or it was decided, or is gone"
    : `it is held until ${minute(held[0].until)}`;

const strange = ({ strange: operations, workflow = "" }: WaitingSession, verdict: "release" | "confirm") =>
  operations.map((operation) =>
    safe(
      `  \`${operation}\` in workflow ${workflow}, with its new targets → ${verdict === "release" ? "baseline" : "denied"}`,
    ),
  );
