/** The simulator's agents: two quiet weeks, and attacks of each kind on each agent in the last days. */
import { auc } from "../../services/replay/evaluate/ranking.ts";
import { population, type SimulatedAgent } from "../../services/simulator/agents.ts";
import { ATTACKS, type Attack, type AttackKind } from "../../services/simulator/attacks.ts";
import { merge } from "../../services/simulator/heap.ts";
import { history, isEarlier } from "../../services/simulator/history.ts";
import { world } from "../detectors/given.ts";
import { Firing, type Story } from "./story.ts";

const SEED = 11;
const AGENTS = 12;
const DAYS = 14;
const END = Date.parse("2026-03-16T00:00:00Z");
/** What happens before teaches; only what happens from here on is looked at. */
const JUDGED_FROM = new Date(END - 3 * 86_400_000).toISOString();
/** Hours before the end at which every agent is attacked. */
const ATTACKED_HOURS_BEFORE = [66, 40, 15, 4];
const GAP_MS = 500;
const BENIGN = "benign";

/** Plays it. */
export function simulated(): Story {
  const attacks = population(SEED, AGENTS).flatMap(attacksOn);
  const labels = new Map(attacks.map(({ truth }) => [truth.session, truth.attack]));
  const { sees, scored } = world({ "out-of-graph": { evidence: "on" } });
  const firing = new Firing();
  const scores = new Map<string, number>();
  const sessions = new Set<string>();
  for (const event of merge([quiet(), ...attacks.map(({ events }) => events.values())], isEarlier)) {
    const findings = sees(event);
    if (event.time < JUDGED_FROM) continue;
    if (event.session !== undefined) sessions.add(event.session);
    for (const { session, sessionScore } of scored) scores.set(session, sessionScore);
    for (const { detector, kind, session = "none", eventIds } of findings)
      firing.add(`${detector}/${kind}`, labels.get(session) ?? BENIGN, session, eventOf(eventIds.at(-1)));
  }
  return { sessions: counted(sessions, labels), fired: firing.get(), figures: ranked(scores, labels) };
}

const quiet = () => history({ seed: SEED, agents: AGENTS, days: DAYS, end: END });

function attacksOn(agent: SimulatedAgent): Attack[] {
  const kinds = Object.keys(ATTACKS) as AttackKind[];
  return kinds.flatMap((kind) =>
    ATTACKED_HOURS_BEFORE.map((hours) =>
      ATTACKS[kind]({ seed: SEED, agent, startMs: END - hours * 3_600_000, gapMs: GAP_MS }),
    ),
  );
}

/** Events are numbered in their session: `s-d75a907ee589d178-1`. */
const eventOf = (id = "") => id.slice(id.lastIndexOf("-") + 1);

function counted(sessions: ReadonlySet<string>, labels: ReadonlyMap<string, AttackKind>): Story["sessions"] {
  const groups = Map.groupBy(sessions, (session) => labels.get(session) ?? BENIGN);
  return Object.fromEntries([...groups].sort().map(([label, some]) => [label, some.length]));
}

/** How well scores tell injected sessions from benign ones; other attacks do not show in a graph. */
function ranked(
  scores: ReadonlyMap<string, number>,
  labels: ReadonlyMap<string, AttackKind>,
): Story["figures"] {
  const of = (label: AttackKind | undefined) =>
    [...scores].filter(([session]) => labels.get(session) === label).map(([, score]) => score);
  return { "AUC of injected": auc(of(undefined), of("injected")) };
}
