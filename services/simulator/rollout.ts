/** A roll-out: within half an hour every agent of a group runs a new version, which does three things that none has done before. */
import type { Instance, SimulatedAgent } from "./agents.ts";
import { audienceOf } from "./credential.ts";
import { type OperationStep, reads, writes } from "./domain.ts";
import { merge } from "./heap.ts";
import { changed, isEarlier } from "./history.ts";
import { type Random, random } from "./random.ts";
import { beginSimulated, operation, operations, perform, type SimulatedEvent } from "./session.ts";
import { paceOf } from "./work.ts";

/** What the roll-out is made of. */
export interface RolloutOptions {
  readonly seed: number;
  readonly agents: readonly SimulatedAgent[];
  /** When the first agent may be deployed, in ms since 1970. */
  readonly startMs: number;
  /** Whether an event tells each deployment. */
  readonly announced: boolean;
  /** The new version. Default: the next major one of each agent. */
  readonly version?: string;
  /** What the new version does in every session. Default: a read and two writes. */
  readonly steps?: readonly OperationStep[];
}

const OVER_MS = 30 * 60_000;
/** From its deployment to the first session of the new version. */
const WARM_UP_MS = 5_000;
/** New copies of an agent run elsewhere than the old ones, in the same clusters. */
const FIRST_NODE = 60;

/** The roll-out in time order: each agent's deployment, and one session on each of its instances. */
export function* rollout(options: RolloutOptions): Generator<SimulatedEvent, void> {
  yield* merge(
    options.agents.map((agent) => deployed(agent, options)),
    isEarlier,
  );
}

function* deployed(agent: SimulatedAgent, options: RolloutOptions): Generator<SimulatedEvent, void> {
  const { seed, startMs, announced, version = nextMajor(agent.version) } = options;
  const own = random(seed, agent.id, "rollout", startMs);
  const atMs = startMs + own.below(OVER_MS);
  if (announced) yield changed(agent, "deployed", version, atMs);
  yield* merge(
    agent.instances.map((old) => firstSession(agent, replaced(old, own), version, options, atMs)),
    isEarlier,
  );
}

function* firstSession(
  agent: SimulatedAgent,
  instance: Instance,
  version: string,
  { seed, steps = additions(agent) }: RolloutOptions,
  atMs: number,
): Generator<SimulatedEvent, void> {
  const own = random(seed, instance.id, "rollout");
  const session = beginSimulated(agent, instance, version, own.pick(agent.domain.workflows), own);
  const usual = operations(session);
  const added = steps.map((step) => operation(session, step));
  const todo = usual.toSpliced(Math.ceil(usual.length / 2), 0, ...added);
  yield* perform(session, todo, atMs + WARM_UP_MS + own.below(60_000), paceOf(agent).gapMs, {});
}

/** On the first of the agent's services. */
function additions(agent: SimulatedAgent): OperationStep[] {
  const [service = agent.domain.name] = audienceOf(agent);
  return [reads(service, "list_labels"), writes(service, "add_label"), writes(service, "set_priority")];
}

function replaced({ network, ...old }: Instance, own: Random): Instance {
  const node = FIRST_NODE + own.below(8);
  const ip = `${network.ip.slice(0, -2)}${node}`;
  const id = `${old.id.slice(0, -6)}${own.hex(6)}`;
  return { ...old, id, network: { ...network, ip, node: `${old.trustUnit}-node-${node}` } };
}

const nextMajor = (version: string) => `${Number.parseInt(version, 10) + 1}.0.0`;
