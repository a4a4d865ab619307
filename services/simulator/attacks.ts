/** Attacks on simulated agents. What is malicious is told only in the truth record, never in an event. */
import { type Instance, type SimulatedAgent, unseenValue } from "./agents.ts";
import { issue, refresh } from "./credential.ts";
import { type OperationStep, operationsOf, type WorkflowAutomaton } from "./domain.ts";
import { type Random, random } from "./random.ts";
import {
  beginSimulated,
  called,
  operation,
  operations,
  perform,
  type Session,
  type SimulatedEvent,
  type SimulatedOperation,
  tokenEvent,
} from "./session.ts";

/** What really happened, for scoring detectors. They never see it. */
export interface AttackTruth {
  readonly attack: AttackKind;
  readonly agent: string;
  readonly session: string;
  /** The id of the first event that the attacker caused. */
  readonly firstEvent: string;
}

/** An attack as it would be reported, and the truth about it. */
export interface Attack {
  readonly truth: AttackTruth;
  /** In time order. */
  readonly events: readonly SimulatedEvent[];
}

/** Whom it hits, and when. */
export interface AttackOptions {
  readonly seed: number;
  readonly agent: SimulatedAgent;
  /** When the attacked session starts, in ms since 1970. */
  readonly startMs: number;
  /** Typical time from one step to the next, in ms. */
  readonly gapMs: number;
}

/** The network of whoever stole a token; no agent lives there. */
const THIEF: Omit<Instance, "trustUnit"> = {
  id: "sandbox-7f3a19",
  network: {
    ip: "203.0.113.66",
    asn: 64511,
    region: "ap-south",
    userAgent: "python-requests/2.32",
    node: "node-unknown",
  },
};
/** No agent's token is for this service. */
const FOREIGN: SimulatedOperation = { service: "payroll", name: "list_salaries", tier: 0 };
const LOOP_CYCLES = 24;
const UNAUTHORIZED = { result: "denied", status: 401 } as const;
const ACCEPTED = { result: "ok", status: 200 } as const;

/** Every attack, by name. All throw RangeError on an agent that cannot be attacked so. */
export const ATTACKS = { injected, stolenToken, refreshLoop };
/** The name of an attack. */
export type AttackKind = keyof typeof ATTACKS;

/**
 * The agent obeys planted text: in the middle of a normal session it performs a tier-2 operation that this workflow
 * has never used, to a target that it has never named.
 * @throws RangeError if the agent's domain has no such pair of workflow and operation.
 */
function injected(options: AttackOptions): Attack {
  const { step, field, workflow } = temptation(options.agent);
  const session = open(options, "injected", workflow);
  const target = unseenValue(options.agent, field, session.random);
  const bad: SimulatedOperation = { ...operation(session, step), targets: { [field]: [target] } };
  const usual = operations(session);
  const todo = usual.toSpliced(Math.ceil(usual.length / 2), 0, bad);
  const events = [...perform(session, todo, options.startMs, paced(options), {})];
  const first = events.find((event) => event.kind === "api.called" && event.operation === bad);
  return attack("injected", session, first, events);
}

/**
 * A token leaks: its agent and a thief elsewhere use it in turn, then the thief tries it on a service outside its
 * audience.
 */
function stolenToken(options: AttackOptions): Attack {
  const session = open(options, "stolenToken");
  const thief: Session = { ...session, instance: { ...THIEF, trustUnit: session.instance.trustUnit } };
  const credential = issue(options.agent, session.random, options.startMs);
  const [read, next = read] = steps(session);
  const turns: [Session, SimulatedOperation][] = [
    [session, read],
    [thief, read],
    [session, next],
    [thief, next],
    [thief, FOREIGN],
    [session, next],
  ];
  const events = [tokenEvent(session, credential)];
  let nowMs = options.startMs + 40;
  for (const [who, operation] of turns) {
    events.push(called(who, nowMs, operation, credential, ACCEPTED));
    nowMs += paced(options)(session.random);
  }
  return attack("stolenToken", session, events[2], events);
}

/** Every fresh token is refused, and so refreshed at once: the loop of an SDK whose clock or audience is wrong. */
function refreshLoop(options: AttackOptions): Attack {
  const session = open(options, "refreshLoop");
  const [read] = steps(session);
  let nowMs = options.startMs;
  let credential = issue(options.agent, session.random, nowMs);
  const events = [tokenEvent(session, credential)];
  for (let cycle = 0; cycle < LOOP_CYCLES; cycle++) {
    events.push(called(session, nowMs + 40, read, credential, UNAUTHORIZED));
    nowMs += paced(options)(session.random);
    credential = refresh(credential, session.random, nowMs);
    events.push(tokenEvent(session, credential));
  }
  return attack("refreshLoop", session, events[2], events);
}

/** A session of the attacked agent with random numbers of its own, so that the background stays as it is. */
function open(
  { seed, agent, startMs }: AttackOptions,
  kind: string,
  workflow = agent.domain.workflows[0],
): Session {
  const own = random(seed, agent.id, "attack", kind, startMs);
  return beginSimulated(agent, own.pick(agent.instances), agent.version, workflow, own);
}

/** A walk's operations; every workflow begins with a step that is always taken. */
function steps(session: Session): readonly [SimulatedOperation, ...SimulatedOperation[]] {
  const [first, ...others] = operations(session);
  if (first === undefined) throw new RangeError(`${session.workflow.name} begins with no certain step`);
  return [first, ...others];
}

const paced =
  ({ gapMs }: AttackOptions) =>
  (from: Random) =>
    Math.floor(gapMs * (0.8 + 0.4 * from.unit()));

function attack(
  kind: AttackKind,
  session: Session,
  first: SimulatedEvent | undefined,
  events: SimulatedEvent[],
): Attack {
  if (!first) throw new RangeError(`${kind} has no event of its own`);
  return {
    truth: { attack: kind, agent: session.agent.id, session: session.id, firstEvent: first.id },
    events,
  };
}

/** A tier-2 operation with a closed slot, and a workflow of the same agent that never uses it. */
function temptation({ domain }: SimulatedAgent): {
  step: OperationStep;
  field: string;
  workflow: WorkflowAutomaton;
} {
  for (const { steps } of domain.workflows) {
    for (const step of operationsOf(steps).filter(({ tier }) => tier === 2)) {
      const field = step.fields.find((name) => domain.slots[name]?.kind === "closed");
      const workflow = domain.workflows.find((other) => !uses(other, step));
      if (field && workflow) return { step, field, workflow };
    }
  }
  throw new RangeError(`${domain.name} has no tier-2 operation with a closed slot that a workflow lacks`);
}

const uses = ({ steps }: WorkflowAutomaton, { service, name }: OperationStep) =>
  operationsOf(steps).some((step) => step.service === service && step.name === name);
