/**
 * The agents that a partition holds in memory, with their live sessions and tokens, and how one agent is written and
 * read as a whole: an agent's rows are always committed together, so that one position covers them all.
 */
import { ByteReader, ByteWriter } from "./codec.ts";
import type { AnyDetector } from "./index.ts";
import * as rows from "./rows.ts";
import type { AgentRow, SessionRow, TokenRow } from "./rows.ts";
import { PairMap } from "./stats/pair-map.ts";

/** Raised when the shared columns change shape; the previous one stays readable. */
const VERSION = 1;

export interface WorkingSet {
  readonly agents: PairMap<AgentRow>;
  readonly sessions: PairMap<SessionRow>;
  readonly tokens: PairMap<TokenRow>;
  /** Agents that have changed since the last commit, in no order that means anything. */
  changed: AgentRow[];
}

export function workingSet(): WorkingSet {
  return { agents: new PairMap(), sessions: new PairMap(), tokens: new PairMap(), changed: [] };
}

/** The key of an agent's group in the store and of its partition: tenant and agent. */
export const groupOf = (tenant: string, agent: string) => `${tenant}/${agent}`;

/** Takes an agent and all its rows out of memory. */
export function forget(set: WorkingSet, agent: AgentRow): void {
  for (let row = agent.oldestSession; row !== undefined; row = row.newer) set.sessions.delete(row.low, row.high);
  for (let row = agent.oldestToken; row !== undefined; row = row.newer) set.tokens.delete(row.low, row.high);
  set.agents.delete(agent.low, agent.high);
}

/** An agent's entries: `row` for the shared columns, sessions and tokens; one for each detector's agent columns. */
export function encodeAgent(agent: AgentRow, detectors: readonly AnyDetector[]): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  writer.clear().u8(VERSION);
  rows.writeAgent(agent, writer);
  writer.texts(detectors.map((detector) => `${detector.id}@${detector.version}`));
  writer.i32(agent.sessionCount);
  for (let row = agent.oldestSession; row !== undefined; row = row.newer) writeOwn(row, "session", rows.writeSession, detectors);
  writer.i32(agent.tokenCount);
  for (let row = agent.oldestToken; row !== undefined; row = row.newer) writeOwn(row, "token", rows.writeToken, detectors);
  entries.set("row", writer.take());
  detectors.forEach((detector, at) => {
    writer.clear().u8(detector.version);
    detector.columns.agent.write(agent.own[at], writer);
    entries.set(detector.id, writer.take());
  });
  return entries;
}

function writeOwn<Row extends { readonly own: unknown[] }>(
  row: Row,
  kind: "session" | "token",
  writeShared: (row: Row, to: ByteWriter) => void,
  detectors: readonly AnyDetector[],
): void {
  writeShared(row, writer);
  detectors.forEach((detector, at) => {
    detector.columns[kind].write(row.own[at], writer);
  });
}

const writer = new ByteWriter();

/** What could not be read back, for the health page: the detector starts learning again. */
export interface Unreadable {
  readonly agent: string;
  readonly detector: string;
}

/**
 * Reads an agent and its rows into the working set. Columns of a version that a detector cannot read, or of a detector
 * that is new, begin afresh; sessions and tokens are then rebuilt from the events to come.
 */
export function decodeAgent(
  entries: ReadonlyMap<string, Uint8Array>,
  detectors: readonly AnyDetector[],
  settings: readonly unknown[],
  into?: WorkingSet,
): { agent: AgentRow; unreadable: Unreadable[] } | undefined {
  const bytes = entries.get("row");
  if (bytes === undefined) return undefined;
  const from = new ByteReader(bytes);
  if (from.u8() > VERSION) return undefined;
  const agent = rows.readAgent(from);
  const unreadable: Unreadable[] = [];
  detectors.forEach((detector, at) => {
    const own = readAgentColumns(entries.get(detector.id), detector, settings[at]);
    if (own === undefined) unreadable.push({ agent: agent.id, detector: detector.id });
    agent.own[at] = own ?? detector.columns.agent.start(settings[at]);
  });
  if (isWrittenBy(from.texts(), detectors)) readRows(agent, from, detectors, settings, into);
  into?.agents.set(agent.low, agent.high, agent);
  return { agent, unreadable };
}

function isWrittenBy(written: readonly string[], detectors: readonly AnyDetector[]): boolean {
  return written.length === detectors.length && detectors.every((detector, at) => written[at] === `${detector.id}@${detector.version}`);
}

function readAgentColumns(bytes: Uint8Array | undefined, detector: AnyDetector, settings: unknown): unknown {
  if (bytes === undefined) return undefined;
  const from = new ByteReader(bytes);
  const version = from.u8();
  if (version > detector.version || version < detector.version - 1) return undefined;
  return detector.columns.agent.read(from, version, settings);
}

function readRows(agent: AgentRow, from: ByteReader, detectors: readonly AnyDetector[], settings: readonly unknown[], into: WorkingSet | undefined): void {
  const read = <Row extends { own: unknown[] }>(row: Row, kind: "session" | "token"): Row => {
    detectors.forEach((detector, at) => {
      row.own[at] = detector.columns[kind].read(from, detector.version, settings[at]);
    });
    return row;
  };
  for (let left = from.i32(); left > 0; left--) {
    const row = read(rows.readSession(agent, from), "session");
    rows.useSession(row);
    into?.sessions.set(row.low, row.high, row);
  }
  for (let left = from.i32(); left > 0; left--) {
    const row = read(rows.readToken(agent, from), "token");
    rows.useToken(row);
    into?.tokens.set(row.low, row.high, row);
  }
}
