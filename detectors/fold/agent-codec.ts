/**
 * How one agent is written and read as a whole: an agent's rows are always committed together, so that one position
 * covers them all.
 */
import { ByteReader, ByteWriter } from "../codec.ts";
import type { Detector } from "../detector.ts";
import type { AgentRow } from "../rows.ts";
import { useSession, useToken } from "./recency.ts";
import { readAgent, readSession, readToken, writeAgent, writeSession, writeToken } from "./row-codec.ts";
import type { WorkingSet } from "./working-set.ts";

/** Raised when the shared columns change shape; the previous one stays readable. */
const VERSION = 1;

/** One for all calls: its memory is kept. */
const writer = new ByteWriter();

/** An agent's entries: `row` for the shared columns, sessions and tokens; one for each detector's agent columns. */
export function encodeAgent(agent: AgentRow, detectors: readonly Detector[]): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  writer.clear().u8(VERSION);
  writeAgent(agent, writer);
  writer.texts(detectors.map((detector) => `${detector.id}@${detector.version}`));
  writer.i32(agent.sessionCount);
  for (let row = agent.oldestSession; row !== undefined; row = row.newer)
    writeOwn(row, "session", writeSession, detectors);
  writer.i32(agent.tokenCount);
  for (let row = agent.oldestToken; row !== undefined; row = row.newer)
    writeOwn(row, "token", writeToken, detectors);
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
  detectors: readonly Detector[],
): void {
  writeShared(row, writer);
  detectors.forEach((detector, at) => {
    detector.columns[kind].write(row.own[at], writer);
  });
}

/** An agent that was read, and what of it could not be. */
export interface DecodedAgent {
  readonly agent: AgentRow;
  readonly unreadable: readonly Unreadable[];
}

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
  detectors: readonly Detector[],
  settings: readonly unknown[],
  into?: WorkingSet,
): DecodedAgent | undefined {
  const bytes = entries.get("row");
  if (bytes === undefined) return undefined;
  const from = new ByteReader(bytes);
  if (from.u8() > VERSION) return undefined;
  const agent = readAgent(from);
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

function isWrittenBy(written: readonly string[], detectors: readonly Detector[]): boolean {
  return (
    written.length === detectors.length &&
    detectors.every((detector, at) => written[at] === `${detector.id}@${detector.version}`)
  );
}

function readAgentColumns(bytes: Uint8Array | undefined, detector: Detector, settings: unknown): unknown {
  if (bytes === undefined) return undefined;
  const from = new ByteReader(bytes);
  const version = from.u8();
  if (version > detector.version || version < detector.version - 1) return undefined;
  return detector.columns.agent.read(from, version, settings);
}

function readRows(
  agent: AgentRow,
  from: ByteReader,
  detectors: readonly Detector[],
  settings: readonly unknown[],
  into: WorkingSet | undefined,
): void {
  const read = <Row extends { own: unknown[] }>(row: Row, kind: "session" | "token"): Row => {
    detectors.forEach((detector, at) => {
      row.own[at] = detector.columns[kind].read(from, detector.version, settings[at]);
    });
    return row;
  };
  for (let left = from.i32(); left > 0; left--) {
    const row = read(readSession(agent, from), "session");
    useSession(row);
    into?.sessions.set(row.low, row.high, row);
  }
  for (let left = from.i32(); left > 0; left--) {
    const row = read(readToken(agent, from), "token");
    useToken(row);
    into?.tokens.set(row.low, row.high, row);
  }
}
