/** Streams that every detector is held to: quiet days, attacks on them, and an adversary who never repeats a name. */
import { population, type SimulatedAgent } from "../../services/simulator/agents.ts";
import { ATTACKS, type AttackKind } from "../../services/simulator/attacks.ts";
import { history } from "../../services/simulator/history.ts";

/** An event as JSON. */
export type Told = Record<string, unknown> & { readonly id: string; readonly time: string };

const SEED = 11;
const DAY_MS = 86_400_000;
/** The quiet days end at noon of a Thursday. */
const END_MS = Date.parse("2026-03-12T12:00:00Z");
const AGENTS = population(SEED, 2) as [SimulatedAgent, SimulatedAgent];
const KINDS = Object.keys(ATTACKS) as AttackKind[];

const byTime = (one: Told, other: Told) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0);

/** Four days of two quiet agents. */
export const quiet: readonly Told[] = [
  ...history({ seed: SEED, agents: AGENTS.length, days: 4, end: END_MS }),
] as unknown as Told[];

/** What these attacks look like, one after another from `startMs` on. */
function attacks(startMs: number, kinds: readonly AttackKind[]): Told[] {
  return kinds.flatMap((kind, index) =>
    AGENTS.flatMap((agent, at) => {
      const options = {
        seed: SEED,
        agent,
        startMs: startMs + (index * AGENTS.length + at) * 600_000,
        gapMs: 700,
      };
      return [...ATTACKS[kind](options).events] as unknown as Told[];
    }),
  );
}

const attacked = [...attacks(END_MS - 2 * DAY_MS, KINDS), ...attacks(END_MS - DAY_MS, KINDS)];
/** Ids of the events of attacked sessions. */
export const ATTACKED: ReadonlySet<string> = new Set(attacked.map(({ id }) => id));
/** The quiet days, with every attack on every agent on the last two of them. */
export const story: readonly Told[] = [...quiet, ...attacked].sort(byTime);

/** The same attacks once a day for `days` days, after the quiet ones. */
export function repeated(days: number): Told[] {
  return Array.from({ length: days }, (_, day) => attacks(END_MS + day * DAY_MS, KINDS))
    .flat()
    .sort(byTime);
}

/**
 * One agent that invents a new operation, workflow, session, token, family, target, place and trust unit with every
 * event; sessions last for two events, so that they are learned. With fewer `operations` these come again and again, each
 * time on new targets.
 */
function* adversary(events: number, operations: number): Generator<Told> {
  for (let at = 0; at < events; at++) {
    const time = new Date(END_MS + at * 20_000).toISOString();
    const token = {
      publicId: `jti-${at}`,
      family: `family-${at}`,
      audience: [`service-${at}`],
      issuedAt: time,
      expiresAt: new Date(END_MS + at * 20_000 + DAY_MS).toISOString(),
    };
    const base = {
      time,
      tenant: "default",
      source: "test",
      agent: { id: "adversary", instance: `pod-${at}` },
      trustUnit: `unit-${at}`,
      workflow: `workflow-${at >> 1}`,
      session: `session-${at >> 1}`,
      token,
    };
    const network = { node: `node-${at}`, asn: 64_496 };
    if (at % 4 === 0)
      yield { id: `e-${at}`, kind: at % 8 === 0 ? "token.issued" : "token.refreshed", ...base };
    else
      yield {
        id: `e-${at}`,
        kind: "api.called",
        ...base,
        operation: {
          service: `service-${at % operations}`,
          name: `operation-${at % operations}`,
          tier: at % 3,
          targets: targets(at),
        },
        outcome: { result: at % 5 === 0 ? "denied" : "ok" },
        network,
      };
  }
}

const targets = (at: number) =>
  Object.fromEntries(
    [0, 1, 2, 3].map((field) => [
      `field${field}`,
      [0, 1, 2, 3].map((value) => `value-${at}-${field}-${value}@example.com`),
    ]),
  );

const INVENTED = 6000;
/** Two such agents: one that has a new operation each time, one that has 250 in all. */
export const adversaries: readonly (readonly [what: string, events: readonly Told[]])[] = [
  ["operations and all else", [...adversary(INVENTED, INVENTED)]],
  ["all but operations", [...adversary(INVENTED, 250)]],
];

const HOLES: Readonly<Record<string, readonly string[]>> = {
  "trust units": ["trustUnit"],
  workflows: ["workflow"],
  "sessions and traces": ["session", "trace", "observedTime"],
  "what an agent says of itself": [
    "agent.version",
    "agent.instance",
    "agent.owner",
    "agent.group",
    "subject",
    "businessAction",
  ],
  networks: ["network"],
  nodes: ["network.node", "network.region", "network.userAgent", "agent.instance"],
  "token times": ["token.issuedAt", "token.expiresAt"],
  "audiences and families": [
    "token.audience",
    "token.family",
    "token.generation",
    "token.parent",
    "token.scopes",
    "token.issuer",
  ],
  "targets and outcomes": ["operation.targets", "outcome", "network.ip", "network.asn"],
};
const lacking = (paths: readonly string[]) => story.map((event) => without(event, paths));
/** The story as sources tell it that leave out optional fields: what is left out, and the events. */
export const holed: readonly (readonly [what: string, events: readonly Told[]])[] = [
  ...Object.entries(HOLES).map(([what, paths]) => [what, lacking(paths)] as const),
  ["all of this", lacking(Object.values(HOLES).flat())],
];

/** The event without what lies at these paths, of one or two names each. */
function without(event: Told, paths: readonly string[]): Told {
  const copy: Record<string, unknown> = { ...event };
  for (const path of paths) {
    const [name = "", inner] = path.split(".");
    const part = copy[name];
    if (inner === undefined) delete copy[name];
    else if (typeof part === "object")
      copy[name] = Object.fromEntries(Object.entries(part ?? {}).filter(([field]) => field !== inner));
  }
  return copy as Told;
}
