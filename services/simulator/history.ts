/** Days of quiet agents, lazily and in time order. */
import { population, type SimulatedAgent } from "./agents.ts";
import { merge } from "./heap.ts";
import { random } from "./random.ts";
import { circumstances, type SimulatedEvent } from "./session.ts";
import { type Exploration, paceOf, QUIET, work } from "./work.ts";

/** What the history is made of. */
export interface HistoryOptions {
  /** Any number; the same one gives the same bytes. */
  readonly seed: number;
  /** How many agents; each has three instances. */
  readonly agents: number;
  /** All of one domain, by its name. Default: of every domain in turn. */
  readonly domain?: string;
  readonly days: number;
  /** The first moment after the history, in ms since 1970. */
  readonly end: number;
  /** Default: `QUIET`. */
  readonly exploration?: Exploration;
}

const DAY_MS = 86_400_000;

/**
 * Quiet agents at work for `days` until `end`, in time order, holding one event of each instance.
 * @throws RangeError if a domain names a slot that it does not have.
 */
export function* history(options: HistoryOptions): Generator<SimulatedEvent, void> {
  const fromMs = options.end - options.days * DAY_MS;
  const streams = population(options.seed, options.agents, options.domain).flatMap((agent) => [
    lifecycle(agent, fromMs, options.end),
    ...shifts(agent, options, fromMs),
  ]);
  yield* merge(streams, isEarlier);
}

/** Order in time; all simulated times are UTC with milliseconds, so the order of the text is the order of time. */
export const isEarlier = (one: SimulatedEvent, other: SimulatedEvent) => one.time < other.time;

function shifts(agent: SimulatedAgent, { seed, end, exploration = QUIET }: HistoryOptions, fromMs: number) {
  const versionAt = (timeMs: number) => versionOf(agent, timeMs, end);
  const shared = { agent, versionAt, pace: paceOf(agent), exploration, fromMs, endMs: end };
  return agent.instances.map((instance) =>
    work({ ...shared, instance, random: random(seed, instance.id, "history") }),
  );
}

const deployedMs = ({ deployment }: SimulatedAgent, end: number) =>
  end - (deployment?.daysBeforeEnd ?? Infinity) * DAY_MS;

function versionOf(agent: SimulatedAgent, timeMs: number, end: number): string {
  return agent.deployment && timeMs < deployedMs(agent, end) ? agent.deployment.from : agent.version;
}

/** Registered at the beginning, and deployed anew if a deployment falls into the history. */
function* lifecycle(agent: SimulatedAgent, fromMs: number, end: number): Generator<SimulatedEvent, void> {
  yield changed(agent, "registered", versionOf(agent, fromMs, end), fromMs);
  const atMs = deployedMs(agent, end);
  if (atMs > fromMs) yield changed(agent, "deployed", agent.version, atMs);
}

/** An event of the agent's life. */
export function changed(
  agent: SimulatedAgent,
  change: "registered" | "deployed",
  version: string,
  timeMs: number,
): SimulatedEvent {
  const id = `${agent.id}-${change}-${timeMs}`;
  return { id, kind: "identity.changed", ...circumstances(agent, version, timeMs), change };
}
