/** The plan of a live demonstration: quiet agents all the time, attacks at stated moments. Pacing is the caller's. */
import { population, type SimulatedAgent } from "./agents.ts";
import { ATTACKS, type Attack, type AttackKind, type AttackTruth } from "./attacks.ts";
import { merge } from "./heap.ts";
import { isEarlier } from "./history.ts";
import { random } from "./random.ts";
import type { SimulatedEvent } from "./session.ts";
import { type Pace, QUIET, work } from "./work.ts";

/** One event and when to send it. */
interface Cue {
  /** After the start of the plan, in ms of wall clock. */
  readonly atMs: number;
  readonly event: SimulatedEvent;
}

/** What to send and when. */
export interface DemoPlan {
  /** In time order. */
  readonly cues: readonly Cue[];
  /** For scoring; never to be sent. */
  readonly truth: readonly AttackTruth[];
}

/** One attack of a plan. */
interface PlannedAttack {
  readonly attack: AttackKind;
  /** Which agent, counted from 0 round the population. */
  readonly agent: number;
  /** After the start of the plan, in ms of wall clock. */
  readonly atMs: number;
}

/** What the demonstration is made of. */
interface LiveOptions {
  /** The seed and the number of agents of the history before it: they are the same agents. */
  readonly seed: number;
  readonly agents: number;
  /** Default: one of each, at seconds 3, 8 and 13, on three agents. */
  readonly attacks?: readonly PlannedAttack[];
  /** Event time of the beginning, in ms since 1970; at most the present, where events are checked for that. */
  readonly start: number;
  /** Seconds of event time in a second of wall clock. Default 1. */
  readonly speed?: number;
  /** Length of the quiet agents' work, in ms of wall clock. Default 25,000. */
  readonly durationMs?: number;
}

/** The three attacks of the demonstration. */
export const DEMO_ATTACKS: readonly PlannedAttack[] = [
  { attack: "injected", agent: 0, atMs: 3000 },
  { attack: "stolenToken", agent: 5, atMs: 8000 },
  { attack: "refreshLoop", agent: 1, atMs: 13_000 },
];

/** Busy agents: always in a session, but slow enough that their tokens come as seldom as on other days. */
const BUSY: Pace = {
  nextStart: (from, afterMs) => afterMs + 1000 + from.below(6000),
  gapMs: (from) => from.lognormal(1200, 0.5),
};
const ATTACK_GAP_MS = { injected: 700, stolenToken: 700, refreshLoop: 450 };

/**
 * Plans the demonstration. The quiet agents do the same whatever attacks there are.
 * @throws RangeError if there is an attack and no agent.
 */
export function live(options: LiveOptions): DemoPlan {
  const { seed, agents, attacks = DEMO_ATTACKS, start, speed = 1, durationMs = 25_000 } = options;
  const people = population(seed, agents);
  const end = start + durationMs * speed;
  const made = attacks.map((planned) => make(planned, people, options));
  const quiet = merge(
    people.map((agent) => background(agent, options, end)),
    isEarlier,
  );
  const events = merge([quiet, ...made.map((attack) => attack.events)], isEarlier);
  const cues = Array.from(events, (event) => ({ atMs: (Date.parse(event.time) - start) / speed, event }));
  return { cues, truth: made.map(({ truth }) => truth) };
}

function make(
  planned: PlannedAttack,
  people: readonly SimulatedAgent[],
  { seed, start, speed = 1 }: LiveOptions,
): Attack {
  const agent = people[planned.agent % people.length];
  if (!agent) throw new RangeError("an attack needs an agent");
  const gapMs = ATTACK_GAP_MS[planned.attack];
  return ATTACKS[planned.attack]({
    seed,
    agent,
    startMs: start + planned.atMs * speed,
    gapMs: gapMs * speed,
  });
}

/** One of the agent's instances; with all three its tokens would come in a burst that history has not seen. */
function background(
  agent: SimulatedAgent,
  { seed, start }: LiveOptions,
  endMs: number,
): Generator<SimulatedEvent, void> {
  const [instance] = agent.instances;
  if (!instance) throw new RangeError(`${agent.id} has no instance`);
  const own = random(seed, instance.id, "live");
  const versionAt = () => agent.version;
  return work({
    agent,
    instance,
    random: own,
    versionAt,
    pace: BUSY,
    exploration: QUIET,
    fromMs: start,
    endMs,
  });
}
