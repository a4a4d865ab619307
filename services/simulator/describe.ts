/** How real a stream of events looks: the figures to hold against recorded agents before quoting any result. */
import type { SimulatedEvent } from "./session.ts";

/** The figures. */
interface Description {
  readonly events: number;
  readonly agents: number;
  readonly sessions: number;
  /** Calls in a session. */
  readonly sessionLength: { readonly median: number; readonly p95: number };
  /** From one event of a session to the next, in seconds. */
  readonly gapSeconds: { readonly median: number; readonly p99: number };
  /** Shannon entropy of an agent's operations, in bits, averaged over the agents. */
  readonly operationEntropyBits: number;
  /** Share of sessions with an operation, or a tier-1 or tier-2 one, that is new to the agent's workflow. */
  readonly newOperations: readonly NewOperations[];
}

/** One row of the curve of new operations. */
interface NewOperations {
  /** Sessions of the workflow that came before: from this many, up to the next row's number. */
  readonly fromSession: number;
  readonly sessions: number;
  readonly any: number;
  readonly sensitive: number;
}

interface SessionTally {
  readonly operations: Set<string>;
  /** Sessions of the same workflow before this one. */
  readonly before: number;
  calls: number;
  lastMs: number | undefined;
  any: boolean;
  sensitive: boolean;
}

interface Tally {
  events: number;
  readonly sessions: Map<string, SessionTally>;
  readonly workflows: Map<string, { sessions: number; readonly operations: Set<string> }>;
  readonly agents: Map<string, Map<string, number>>;
  readonly gapSeconds: number[];
}

const BOUNDS = [0, 5, 10, 20, 50, 100];

/** Describes events in time order. Holds a few numbers for each session and gap, so not for endless streams. */
export function describe(events: Iterable<SimulatedEvent>): Description {
  const tally: Tally = {
    events: 0,
    sessions: new Map(),
    workflows: new Map(),
    agents: new Map(),
    gapSeconds: [],
  };
  for (const event of events) note(tally, event);
  const sessions = [...tally.sessions.values()];
  const lengths = sessions.map(({ calls }) => calls);
  const bits = [...tally.agents.values()].map(entropyBits);
  return {
    events: tally.events,
    agents: tally.agents.size,
    sessions: sessions.length,
    sessionLength: { median: quantile(lengths, 0.5), p95: quantile(lengths, 0.95) },
    gapSeconds: { median: quantile(tally.gapSeconds, 0.5), p99: quantile(tally.gapSeconds, 0.99) },
    operationEntropyBits: bits.reduce((sum, each) => sum + each, 0) / Math.max(1, bits.length),
    newOperations: curve(sessions),
  };
}

function note(tally: Tally, event: SimulatedEvent): void {
  tally.events++;
  if (event.kind === "tick" || event.session === undefined) return;
  const session =
    tally.sessions.get(event.session) ?? enter(tally, event.session, `${event.agent.id}/${event.workflow}`);
  const timeMs = Date.parse(event.time);
  if (session.lastMs !== undefined) tally.gapSeconds.push((timeMs - session.lastMs) / 1000);
  session.lastMs = timeMs;
  if (event.kind !== "api.called") return;
  const { service, name, tier } = event.operation;
  noteCall(session, `${service}/${name}`, tier);
  const counts = tally.agents.get(event.agent.id) ?? new Map<string, number>();
  tally.agents.set(
    event.agent.id,
    counts.set(`${service}/${name}`, (counts.get(`${service}/${name}`) ?? 0) + 1),
  );
}

function enter(tally: Tally, id: string, workflow: string): SessionTally {
  const known = tally.workflows.get(workflow) ?? { sessions: 0, operations: new Set<string>() };
  const before = known.sessions++;
  const { operations } = known;
  const session = { operations, before, calls: 0, lastMs: undefined, any: false, sensitive: false };
  tally.workflows.set(workflow, known);
  tally.sessions.set(id, session);
  return session;
}

function noteCall(session: SessionTally, operation: string, tier: number): void {
  session.calls++;
  if (session.operations.has(operation)) return;
  session.operations.add(operation);
  session.any = true;
  if (tier > 0) session.sensitive = true;
}

function curve(sessions: readonly SessionTally[]): NewOperations[] {
  return BOUNDS.map((fromSession, row) => {
    const upTo = BOUNDS[row + 1] ?? Infinity;
    const these = sessions.filter(({ before }) => before >= fromSession && before < upTo);
    const share = (kind: "any" | "sensitive") =>
      these.filter((session) => session[kind]).length / Math.max(1, these.length);
    return { fromSession, sessions: these.length, any: share("any"), sensitive: share("sensitive") };
  });
}

function entropyBits(counts: ReadonlyMap<string, number>): number {
  const values = [...counts.values()];
  const total = values.reduce((sum, count) => sum + count, 0);
  return values.reduce((bits, count) => bits - (count / total) * Math.log2(count / total), 0);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
