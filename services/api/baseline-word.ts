/**
 * A person's word about what was learned. It is said twice: in `decisions`, so that the audit log has it before it has an effect,
 * and as an event of the agent, so that every processor, a rebuilt store and a replay of the log learn the same from it.
 */
import { randomBytes } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Decision } from "../../schemas/action.ts";
import type { BaselineDecision, Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { type AgentId, type DecisionId, type EventId, ID_LENGTH, type Tenant } from "../../schemas/ids.ts";
import type { Clock } from "../ports/clock.ts";
import { partitionOf, type Stream } from "../ports/stream.ts";
import { toBytes } from "../records.ts";
import { callerOf } from "./decisions.ts";

type DecisionMade = Extract<Event, { kind: "decision.made" }>;

/** What is said, without who says it and when. */
export interface Word {
  readonly agent: AgentId;
  readonly reason: string;
  /** What it is about, for the audit log. */
  readonly subject: string;
  readonly said: Omit<BaselineDecision, "by" | "reason" | "subject">;
  readonly workflow?: string | undefined;
  readonly operation?: DecisionMade["operation"];
}

/** Writes the word down; it is durable when this resolves. */
export async function say(
  { stream, clock }: { readonly stream: Stream; readonly clock: Clock },
  request: FastifyRequest,
  word: Word,
): Promise<Decision> {
  const { agent, workflow, operation, said } = word;
  const tenant = request.access.tenant as Tenant;
  const id = `d-${randomBytes(16).toString("hex")}` as DecisionId;
  const time = new Date(clock.now()).toISOString();
  const [subject, reason] = [oneLine(word.subject).slice(0, ID_LENGTH), oneLine(word.reason)];
  const by = callerOf(request);
  const decision: Decision = { id, tenant, agent, verdict: said.verdict, subject, by, reason, time };
  const event: DecisionMade = {
    ...{ id: id as string as EventId, kind: "decision.made", time, observedTime: time, tenant },
    ...{ source: "offgraph", agent: { id: agent } },
    ...(workflow !== undefined && { workflow }),
    ...(operation !== undefined && { operation }),
    decision: { ...said, by, reason, subject },
  };
  const partition = partitionOf(`${tenant}/${agent}`, stream.partitions);
  await stream.append([{ stream: "decisions", partition, value: toBytes(decision) }]);
  await stream.append([{ stream: "events", partition, value: Buffer.from(canonicalLine(event)) }]);
  return decision;
}

const oneLine = (text: string) => text.replace(/\p{Cc}+/gu, " ");
