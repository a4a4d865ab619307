/** Some days of two groups of agents, the last one today: attacks on every agent, a new version of one group, and the other strays. */
import { population, type SimulatedAgent } from "../../services/simulator/agents.ts";
import { ATTACKS } from "../../services/simulator/attacks.ts";
import { writes } from "../../services/simulator/domain.ts";
import { merge } from "../../services/simulator/heap.ts";
import { history, isEarlier } from "../../services/simulator/history.ts";
import { rollout } from "../../services/simulator/rollout.ts";
import type { SimulatedEvent } from "../../services/simulator/session.ts";

const DAY_MS = 86_400_000;
/** Whose agents get a new version today. */
export const ROLLED_OUT = "pipeline";
/** Domains are groups; of these two the agents work on Sundays too. With 4 partitions there is an agent in each. */
const GROUPS = { [ROLLED_OUT]: 4, travel: 3 };
const BATCH_EVENTS = 100;
/** Long enough before the present for attacks, and all of a roll-out, to fit in between. */
const [ATTACK_MS, ROLLOUT_MS] = [300_000, 45 * 60_000];
const ATTACK_GAP_MS = 400;
/** With less than two and a half days behind them some agents are still learning, and are not judged by their peers. */
const YOUNG_MS = 18 * 3_600_000;

/** Settings under which agents are judged by their peers; what happened on an earlier day is acted on as well. */
export const WITH_GROUPS = {
  detectors: { "out-of-graph": { evidence: "on", peers: "on" } },
  responder: { maxActionsPer10Min: 10_000, maxAgeMs: 7 * DAY_MS },
};

/** What is sent on one day. */
export interface Day {
  /** The last minute of the day, or now. */
  readonly nowMs: number;
  readonly batches: readonly { readonly ids: readonly string[]; readonly body: string }[];
}

/** The days (UTC) up to now, by event time: three, and as long as today is young the beginning of a fourth. */
export function daysUntil(nowMs: number, seed: number): Day[] {
  const last = Math.floor((nowMs - YOUNG_MS) / DAY_MS);
  const days = Map.groupBy(events(nowMs, (last - 2) * DAY_MS, seed), ({ time }) =>
    Math.floor(Date.parse(time) / DAY_MS),
  );
  return [...days].map(([day, some]) => ({
    nowMs: Math.min(nowMs, (day + 1) * DAY_MS - 60_000),
    batches: batchesOf(some),
  }));
}

function events(nowMs: number, fromMs: number, seed: number): Generator<SimulatedEvent> {
  const end = nowMs - ATTACK_MS;
  const all = Object.entries(GROUPS).map(([domain, agents]) => ({ domain, agents }));
  const quiet = all.map((group) => history({ seed, ...group, days: (end - fromMs) / DAY_MS, end }));
  const agents = all.flatMap(({ domain, agents }) => population(seed, agents, domain));
  const attacks = agents.map((agent, at) => attacksOn(agent, seed, end - (at % 3) * DAY_MS));
  const { rolledOut = [], others = [] } = Object.groupBy(agents, ({ domain }) =>
    domain.name === ROLLED_OUT ? "rolledOut" : "others",
  );
  const startMs = nowMs - ROLLOUT_MS;
  const news = rollout({ seed, agents: rolledOut, startMs, announced: true });
  return merge(
    [...quiet, ...attacks, news, ...others.map((agent) => strays(agent, seed, startMs))],
    isEarlier,
  );
}

/** The agent does what none of its peers does, in no workflow: it is told how many of them do. */
function* strays(agent: SimulatedAgent, seed: number, startMs: number): Generator<SimulatedEvent> {
  const { version } = agent;
  const steps = [writes(agent.domain.name, "export_all")];
  for (const event of rollout({ seed, agents: [agent], startMs, announced: false, version, steps }))
    yield { ...event, workflow: undefined };
}

/** One of each kind. */
function attacksOn(agent: SimulatedAgent, seed: number, startMs: number): Generator<SimulatedEvent> {
  const options = { seed, agent, startMs, gapMs: ATTACK_GAP_MS };
  return merge(
    Object.values(ATTACKS).map((attack) => attack(options).events.values()),
    isEarlier,
  );
}

const batchesOf = (events: readonly SimulatedEvent[]) =>
  Array.from({ length: Math.ceil(events.length / BATCH_EVENTS) }, (_, at) => {
    const some = events.slice(at * BATCH_EVENTS, (at + 1) * BATCH_EVENTS);
    return { ids: some.map(({ id }) => id), body: some.map((one) => `${JSON.stringify(one)}\n`).join("") };
  });
