/** One session of one agent, as the events that the gateway and the issuer would report of it. */
import type { z } from "zod";
import type { Event } from "../../schemas/event.ts";
import type { Operation, Outcome } from "../../schemas/operation.ts";
import { drawValue, type Instance, type SimulatedAgent } from "./agents.ts";
import { asIssued, asPresented, audienceOf, type Credential, renew } from "./credential.ts";
import { type OperationStep, type WorkflowAutomaton, walkWorkflow } from "./domain.ts";
import type { Random } from "./random.ts";

/** An event as JSON, its ids not yet branded; fields stand in the order of the schema. */
export type SimulatedEvent = z.input<typeof Event>;
/** The operation of such an event. */
export type SimulatedOperation = z.input<typeof Operation>;
/** The outcome of such an event. */
type SimulatedOutcome = z.input<typeof Outcome>;

/** What stays the same in a session. */
export interface Session {
  readonly agent: SimulatedAgent;
  readonly version: string;
  readonly instance: Instance;
  readonly workflow: WorkflowAutomaton;
  /** The services that its tokens are for. */
  readonly audience: readonly string[];
  readonly id: string;
  readonly trace: string;
  readonly subject: string | undefined;
  readonly businessAction: string | undefined;
  readonly random: Random;
  readonly nextEventId: () => string;
}

/** The place where an agent keeps its token: for one session, or for the life of an instance. */
export interface Pocket {
  credential?: Credential;
}

const TENANT = "default";
const SOURCE = "offgraph";
const OK: SimulatedOutcome = { result: "ok", status: 200 };
const FAILED: SimulatedOutcome = { result: "error", status: 503 };
const FORBIDDEN: SimulatedOutcome = { result: "denied", status: 403 };
/** Shares of reads that fail and that are refused. */
const FAILED_SHARE = 0.004;
const FORBIDDEN_SHARE = 0.001;

/** Begins a session of a workflow. */
export function beginSimulated(
  agent: SimulatedAgent,
  instance: Instance,
  version: string,
  workflow: WorkflowAutomaton,
  random: Random,
): Session {
  const id = `s-${random.hex(16)}`;
  const { subject, businessAction } = agent.domain;
  let events = 0;
  return {
    agent,
    version,
    instance,
    workflow,
    audience: audienceOf(agent),
    id,
    trace: random.hex(32),
    subject: subject && drawValue(agent, subject, random),
    businessAction: businessAction && drawValue(agent, businessAction, random),
    random,
    nextEventId: () => `${id}-${++events}`,
  };
}

/** The operations of one walk through the session's workflow, with their targets. */
export function operations(session: Session): SimulatedOperation[] {
  return [...walkWorkflow(session.workflow.steps, session.random)].map((step) => operation(session, step));
}

/** One operation with its targets. */
export function operation(
  session: Session,
  { service, name, tier, fields }: OperationStep,
): SimulatedOperation {
  if (fields.length === 0) return { service, name, tier };
  return {
    service,
    name,
    tier,
    targets: Object.fromEntries(fields.map((field) => [field, [target(session, field)]])),
  };
}

function target({ agent, subject, businessAction, random }: Session, field: string): string {
  if (subject && field === agent.domain.subject) return subject;
  if (businessAction && field === agent.domain.businessAction) return businessAction;
  return drawValue(agent, field, random);
}

/** Performs operations one after another from `startMs` on, renewing the token when due; returns when it is done. */
export function* perform(
  session: Session,
  todo: readonly SimulatedOperation[],
  startMs: number,
  gapMs: (random: Random) => number,
  pocket: Pocket,
): Generator<SimulatedEvent, number> {
  const { agent, random } = session;
  let nowMs = startMs;
  for (const operation of todo) {
    const renewed = renew(pocket.credential, agent, random, nowMs);
    if (renewed) {
      pocket.credential = renewed;
      yield tokenEvent(session, renewed);
      nowMs += 20 + random.below(60);
    }
    yield called(session, nowMs, operation, pocket.credential, outcome(operation, random));
    nowMs += Math.max(1, Math.floor(gapMs(random)));
  }
  return nowMs;
}

function outcome({ tier }: SimulatedOperation, random: Random): SimulatedOutcome {
  const luck = random.unit();
  if (tier > 0 || luck > FAILED_SHARE + FORBIDDEN_SHARE) return OK;
  return luck > FORBIDDEN_SHARE ? FAILED : FORBIDDEN;
}

/** An issuer's report that the session's agent got this token. */
export function tokenEvent(session: Session, credential: Credential): SimulatedEvent {
  return {
    id: session.nextEventId(),
    kind: credential.generation === 0 ? "token.issued" : "token.refreshed",
    ...inSession(session, credential.issuedAtMs),
    token: asIssued(credential),
    outcome: OK,
    ...place(session),
  };
}

/** A gateway's report of a call, from the session's instance or from another one. */
export function called(
  session: Session,
  timeMs: number,
  operation: SimulatedOperation,
  credential: Credential | undefined,
  outcome: SimulatedOutcome,
): SimulatedEvent {
  return {
    id: session.nextEventId(),
    kind: "api.called",
    ...inSession(session, timeMs),
    ...(credential && { token: asPresented(credential) }),
    operation,
    outcome,
    ...place(session),
  };
}

/** What every event of an agent begins with, after its id and kind. */
export function circumstances(
  { id, domain }: SimulatedAgent,
  version: string,
  timeMs: number,
  instance?: string,
) {
  return {
    time: new Date(timeMs).toISOString(),
    tenant: TENANT,
    source: SOURCE,
    agent: { id, version, ...(instance && { instance }), owner: domain.owner, group: domain.name },
  };
}

function inSession({ agent, version, instance, workflow, id, trace, subject }: Session, timeMs: number) {
  return {
    ...circumstances(agent, version, timeMs, instance.id),
    trustUnit: instance.trustUnit,
    workflow: workflow.name,
    session: id,
    trace: { id: trace },
    ...(subject && { subject: { id: subject, type: "person" } }),
  };
}

function place({ instance, businessAction }: Session) {
  return { network: instance.network, ...(businessAction && { businessAction }) };
}
