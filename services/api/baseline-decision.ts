/**
 * A person's word about what was learned. It is said twice: in `decisions`, so that the audit log has it before it has an effect,
 * and as an event of the agent, so that every processor, a rebuilt store and a replay of the log learn the same from it.
 */
import { randomBytes } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Decision } from "../../schemas/action.ts";
import type { BaselineDecision, Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { type AgentId, DecisionId, EventId, ID_LENGTH } from "../../schemas/ids.ts";
import type { Clock } from "../ports/clock.ts";
import { partitionOf, type Stream } from "../ports/stream.ts";
import { toBytes } from "../records.ts";
import { callerOf } from "./decisions.ts";

type DecisionMade = Extract<Event, { kind: "decision.made" }>;

/** What is said of an agent in one event. */
export interface DecisionPart {
  readonly said: Omit<BaselineDecision, "by" | "reason" | "subject">;
  readonly workflow?: string | undefined;
  readonly operation?: DecisionMade["operation"];
}

/** What is said for the audit log, without who says it and when. */
interface Said extends Pick<Decision, "verdict" | "contract"> {
  readonly agent: AgentId;
  readonly reason: string;
  /** What it is about. */
  readonly subject: string;
}

/** What is said, in one event. */
export interface AskedDecision extends Omit<Said, "verdict">, DecisionPart {}

interface Ports {
  readonly stream: Stream;
  readonly clock: Clock;
}

/** Writes the decision down; it is durable when this resolves. */
export const say = (ports: Ports, request: FastifyRequest, asked: AskedDecision): Promise<Decision> =>
  sayAll(ports, request, { ...asked, verdict: asked.said.verdict }, [asked]);

/** The same for a word that takes several events: the first one has the decision's id, the others count on from it. */
export async function sayAll(
  { stream, clock }: Ports,
  request: FastifyRequest,
  { agent, verdict, contract, subject, reason }: Said,
  parts: readonly DecisionPart[],
): Promise<Decision> {
  const decision: Decision = {
    id: DecisionId.parse(`d-${randomBytes(16).toString("hex")}`),
    tenant: request.access.tenant,
    agent,
    verdict,
    subject: oneLine(subject).slice(0, ID_LENGTH),
    by: callerOf(request),
    reason: oneLine(reason),
    time: new Date(clock.now()).toISOString(),
    ...(contract !== undefined && { contract }),
  };
  const partition = partitionOf(`${decision.tenant}/${agent}`, stream.partitions);
  const lines = parts.map((part, at) => canonicalLine(eventOf(decision, part, at)));
  await stream.append([{ stream: "decisions", partition, value: toBytes(decision) }]);
  await stream.append(
    lines.map((line) => ({ stream: "events" as const, partition, value: Buffer.from(line) })),
  );
  return decision;
}

function eventOf(decision: Decision, { said, workflow, operation }: DecisionPart, at: number): DecisionMade {
  const { id, tenant, agent, time, by, reason, subject } = decision;
  return {
    id: EventId.parse(at === 0 ? id : `${id}-${at}`),
    kind: "decision.made",
    time,
    observedTime: time,
    tenant,
    source: "offgraph",
    agent: { id: agent },
    ...(workflow !== undefined && { workflow }),
    ...(operation !== undefined && { operation }),
    decision: { ...said, by, reason, subject },
  };
}

const oneLine = (text: string) => text.replace(/\p{Cc}+/gu, " ");
