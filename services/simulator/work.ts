/** An instance at work: session after session, each a walk through one of its agent's workflows. */
import type { Instance, SimulatedAgent } from "./agents.ts";
import { type Domain, reads, type WorkflowAutomaton } from "./domain.ts";
import type { Random } from "./random.ts";
import { nextStart } from "./rhythm.ts";
import {
  beginSimulated,
  operation,
  operations,
  type Pocket,
  perform,
  type Session,
  type SimulatedEvent,
  type SimulatedOperation,
} from "./session.ts";

/** Share of sessions that do something their workflow has never done; 0 to 1. */
export interface Exploration {
  /** A read. Default 0.002. */
  readonly reads: number;
  /** A write. Default 0. */
  readonly writes: number;
}
/** Agents that hardly ever surprise: a read in 0.2 % of sessions, never a write. */
export const QUIET: Exploration = { reads: 0.002, writes: 0 };

/** How an instance spends its time. */
export interface Pace {
  /** When the next session starts, for an instance that is free since `afterMs`; both in ms since 1970. */
  nextStart(random: Random, afterMs: number): number;
  /** From one call to the next, in ms. */
  gapMs(random: Random): number;
}

/** One instance and the time that it works. */
interface Shift {
  readonly agent: SimulatedAgent;
  readonly instance: Instance;
  /** Belongs to this instance and run alone. */
  readonly random: Random;
  /** The version that runs at a time in ms since 1970. */
  readonly versionAt: (timeMs: number) => string;
  readonly pace: Pace;
  readonly exploration: Exploration;
  /** From the first moment to the one after the last, in ms since 1970. */
  readonly fromMs: number;
  readonly endMs: number;
}

/** Typical time between calls; now and then a person is asked and takes longer. */
const CALL_GAP_MS = 1500;
const ASKED_GAP_MS = 90_000;
const ASKED_SHARE = 0.02;
const NEW_READS = ["list_labels", "read_settings", "read_audit_log", "list_owners", "read_metrics"];
const NEW_WRITES = ["add_label", "archive", "rename", "set_owner"];

/** The pace of normal days. */
export const paceOf = ({ domain }: SimulatedAgent): Pace => ({
  nextStart: (random, afterMs) => nextStart(domain.rhythm, random, afterMs),
  gapMs: (random) => random.lognormal(random.chance(ASKED_SHARE) ? ASKED_GAP_MS : CALL_GAP_MS, 0.8),
});

/** Everything that one instance does, in time order; the session that is under way at the end is cut off there. */
export function* work(shift: Shift): Generator<SimulatedEvent, void> {
  const endTime = new Date(shift.endMs).toISOString();
  for (const event of sessions(shift)) {
    if (event.time >= endTime) return;
    yield event;
  }
}

function* sessions(shift: Shift): Generator<SimulatedEvent, void> {
  const { agent, instance, random, pace, fromMs, endMs } = shift;
  const kept: Pocket = {};
  for (let atMs = pace.nextStart(random, fromMs); atMs < endMs; atMs = pace.nextStart(random, atMs)) {
    const session = beginSimulated(
      agent,
      instance,
      shift.versionAt(atMs),
      choose(agent.domain.workflows, random),
      random,
    );
    const pocket = agent.domain.tokens === "hourly" ? kept : {};
    atMs = yield* perform(session, explore(session, shift.exploration), atMs, pace.gapMs, pocket);
  }
}

/** The operations of a session, rarely with one that its workflow does not have. */
function explore(session: Session, exploration: Exploration): SimulatedOperation[] {
  const { random, audience } = session;
  const usual = operations(session);
  const luck = random.unit();
  if (luck >= exploration.reads + exploration.writes) return usual;
  const isWrite = luck >= exploration.reads;
  const step = reads(random.pick(audience), random.pick(isWrite ? NEW_WRITES : NEW_READS));
  const strange = operation(session, { ...step, tier: isWrite ? 1 : 0 });
  return usual.toSpliced(1 + random.below(usual.length), 0, strange);
}

function choose(workflows: Domain["workflows"], random: Random): WorkflowAutomaton {
  let rest = random.unit() * workflows.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = workflows.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  return chosen ?? workflows[0];
}
