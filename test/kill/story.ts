/** What is sent while the service is being killed: quiet agents, and attacks on each of them once it is known. */

import { population, type SimulatedAgent } from "../../services/simulator/agents.ts";
import { ATTACKS } from "../../services/simulator/attacks.ts";
import { merge } from "../../services/simulator/heap.ts";
import { history, isEarlier } from "../../services/simulator/history.ts";
import type { SimulatedEvent } from "../../services/simulator/session.ts";

/** Who is in the story, and for how long. */
export interface StoryOptions {
  readonly seed: number;
  readonly agents: number;
  /** Days of history of each agent. */
  readonly days: number;
}

/** Events that are sent in one request. */
export interface Batch {
  readonly ids: readonly string[];
  readonly body: string;
  readonly isAttack: boolean;
}

const BATCH_EVENTS = 100;
/** Agents whose histories run side by side; their attacks follow, then come the next agents. */
const WAVE_AGENTS = 3;
/** Long enough before the present for three attacks to fit in between, and not too long for the responder to act. */
const QUIET_MS = 300_000;
const ATTACK_GAP_MS = 400;

/** The story in the order in which it is sent. Histories end shortly before `nowMs`, attacks lie in between. */
export function story({ seed, agents, days }: StoryOptions, nowMs: number): Batch[] {
  const people = population(seed, agents);
  const events = [...history({ seed, agents, days, end: nowMs - QUIET_MS })];
  const batches: Batch[] = [];
  for (let first = 0; first < people.length; first += WAVE_AGENTS) {
    const wave = people.slice(first, first + WAVE_AGENTS);
    const quiet = events.filter((event) => wave.some(({ id }) => "agent" in event && event.agent.id === id));
    for (let from = 0; from < quiet.length; from += BATCH_EVENTS)
      batches.push(batchOf(quiet.slice(from, from + BATCH_EVENTS), false));
    for (const agent of wave) batches.push(batchOf(attacksOn(agent, seed, nowMs - QUIET_MS), true));
  }
  return batches;
}

function batchOf(events: readonly SimulatedEvent[], isAttack: boolean): Batch {
  return {
    ids: events.map(({ id }) => id),
    body: events.map((event) => `${JSON.stringify(event)}\n`).join(""),
    isAttack,
  };
}

/** One of each. */
function attacksOn(agent: SimulatedAgent, seed: number, startMs: number): SimulatedEvent[] {
  const options = { seed, agent, startMs, gapMs: ATTACK_GAP_MS };
  return [
    ...merge(
      Object.values(ATTACKS).map((attack) => attack(options).events),
      isEarlier,
    ),
  ];
}
