/**
 * How one agent is written and read as a whole: an agent's rows are always committed together, so that one position
 * covers them all.
 */
import { ByteReader, ByteWriter, nothingOfTokens } from "../codec.ts";
import type { Detector } from "../detector.ts";
import type { AgentRow, SessionRow } from "../rows.ts";
import { endRecentIds } from "../stats/recent-ids.ts";
import type { TokenRow } from "../token-row.ts";
import { useSession } from "./recency.ts";
import { readAgent, readSession, readToken, writeAgent, writeSession, writeToken } from "./row-codec.ts";
import type { TokenTable } from "./token-table.ts";
import { type WorkingSet, workingSet } from "./working-set.ts";

/** Raised when the shared columns or the keyed hashes change. An agent whose shared columns have another version begins anew. */
const VERSION = 4;

/** One for all calls: its memory is kept. */
const writer = new ByteWriter();

/**
 * An agent's entries: `row` for the shared columns of the agent, its sessions and its tokens; one for each detector,
 * with its columns of the same rows in the same order, and its version in front.
 */
export function encodeAgent(
  agent: AgentRow,
  detectors: readonly Detector[],
  set: Pick<WorkingSet, "tokens">,
): Map<string, Uint8Array> {
  const ends = writeAll(writer.clear(), agent, detectors, set);
  return entriesOf(writer.take(), ends, detectors);
}

/** The same behind what `to` holds. The entries are views of its memory: good until it is cleared. */
export function encodeAgentInto(
  to: ByteWriter,
  agent: AgentRow,
  detectors: readonly Detector[],
  set: Pick<WorkingSet, "tokens">,
): Map<string, Uint8Array> {
  const start = to.length;
  const ends = writeAll(to, agent, detectors, set);
  return entriesOf(to.since(start), ends, detectors);
}

/** Answers where each entry ends, from the start of the first. */
function writeAll(
  writer: ByteWriter,
  agent: AgentRow,
  detectors: readonly Detector[],
  { tokens }: Pick<WorkingSet, "tokens">,
): number[] {
  const start = writer.length;
  writeShared(writer, agent, tokens);
  const ends = [writer.length - start];
  for (let at = 0; at < detectors.length; at++) {
    writeOwn(writer, agent, tokens, detectors[at]!, at);
    ends.push(writer.length - start);
  }
  return ends;
}

function entriesOf(bytes: Uint8Array, ends: readonly number[], detectors: readonly Detector[]) {
  const entries = new Map([["row", bytes.subarray(0, ends[0])]]);
  detectors.forEach(({ id }, at) => {
    entries.set(id, bytes.subarray(ends[at], ends[at + 1]));
  });
  return entries;
}

function writeShared(writer: ByteWriter, agent: AgentRow, tokens: TokenTable): void {
  writer.u8(VERSION);
  writeAgent(agent, writer);
  writer.i32(agent.sessionCount);
  for (let row = agent.oldestSession; row !== undefined; row = row.newer) writeSession(row, writer);
  writer.i32(agent.tokenCount);
  for (let slot = agent.oldestToken; slot >= 0; slot = tokens.newer(slot))
    writeToken(tokens.move(slot), writer);
}

function writeOwn(
  writer: ByteWriter,
  agent: AgentRow,
  tokens: TokenTable,
  { columns, version }: Detector,
  at: number,
): void {
  writer.u8(version);
  columns.agent.write(agent.own[at], writer);
  for (let row = agent.oldestSession; row !== undefined; row = row.newer)
    columns.session.write(row.own[at], writer);
  if (columns.token === nothingOfTokens) return;
  for (let slot = agent.oldestToken; slot >= 0; slot = tokens.newer(slot))
    columns.token.write(tokens.move(slot).own[at]!, writer);
}

function* sessionsOf(agent: AgentRow): Generator<SessionRow> {
  for (let row = agent.oldestSession; row !== undefined; row = row.newer) yield row;
}

function* tokensOf(agent: AgentRow, tokens: TokenTable): Generator<TokenRow> {
  for (let slot = agent.oldestToken; slot >= 0; slot = tokens.newer(slot)) yield tokens.move(slot);
}

/** An agent that was read, and what of it could not be. */
interface DecodedAgent {
  readonly agent: AgentRow;
  readonly unreadable: readonly UnreadableColumns[];
}

/** What could not be read back, for the health page: the detector starts learning again. */
export interface UnreadableColumns {
  readonly agent: string;
  readonly detector: string;
}

/**
 * Reads an agent and its rows into the working set. Undefined if the shared columns are missing or cannot be read. A
 * detector whose columns cannot be read, or that is new, begins afresh with all of them; the others keep theirs.
 */
export function decodeAgent(
  entries: ReadonlyMap<string, Uint8Array>,
  detectors: readonly Detector[],
  settings: readonly unknown[],
  into: WorkingSet = workingSet(detectors),
): DecodedAgent | undefined {
  const agent = readRow(entries.get("row"), into.tokens);
  if (agent === undefined) return undefined;
  const unreadable: UnreadableColumns[] = [];
  detectors.forEach((detector, at) => {
    const given = settings[at];
    if (parsed(entries.get(detector.id), (from) => readOwn(from, agent, into.tokens, detector, at, given)))
      return;
    startOwn(agent, into.tokens, detector, at, given);
    unreadable.push({ agent: agent.id, detector: detector.id });
  });
  takeIn(into, agent);
  return { agent, unreadable };
}

/** The agent's shared columns with those of its sessions and tokens; nothing stays behind of what cannot be read. */
function readRow(bytes: Uint8Array | undefined, tokens: TokenTable): AgentRow | undefined {
  const begun: AgentRow[] = [];
  const agent = parsed(bytes, (from) => readShared(from, tokens, begun));
  if (agent === undefined)
    for (const half of begun) {
      while (half.oldestToken >= 0) tokens.remove(half, half.oldestToken);
      endRecentIds(half.recent);
    }
  return agent;
}

/** What `read` makes of all the bytes; undefined if there are none or they do not parse. */
function parsed<Value>(
  bytes: Uint8Array | undefined,
  read: (from: ByteReader) => Value | undefined,
): Value | undefined {
  if (bytes === undefined) return undefined;
  const from = new ByteReader(bytes);
  try {
    const value = read(from);
    return from.isAtEnd ? value : undefined;
  } catch {
    return undefined;
  }
}

function readShared(from: ByteReader, tokens: TokenTable, begun: AgentRow[]): AgentRow | undefined {
  if (from.u8() !== VERSION) return undefined;
  const agent = readAgent(from);
  begun.push(agent);
  for (let left = from.i32(); left > 0; left--) useSession(readSession(agent, from));
  for (let left = from.i32(); left > 0; left--) readToken(tokens, agent, from);
  return agent;
}

/** Reads the columns of one detector, of its version or the one before. Answers whether it could. */
function readOwn(
  from: ByteReader,
  agent: AgentRow,
  tokens: TokenTable,
  { columns, version }: Detector,
  at: number,
  settings: unknown,
): true | undefined {
  const written = from.u8();
  if (written > version || written < version - 1) return undefined;
  agent.own[at] = columns.agent.read(from, written, settings);
  for (const row of sessionsOf(agent)) row.own[at] = columns.session.read(from, written, settings);
  for (const row of tokensOf(agent, tokens)) columns.token.read(row.own[at]!, from, written);
  return true;
}

/** Whatever was read of the columns before it went wrong is undone. */
function startOwn(
  agent: AgentRow,
  tokens: TokenTable,
  { columns }: Detector,
  at: number,
  settings: unknown,
): void {
  if (at in agent.own) columns.agent.end?.(agent.own[at]);
  agent.own[at] = columns.agent.start(settings);
  for (const row of sessionsOf(agent)) {
    if (at in row.own) columns.session.end?.(row.own[at]);
    row.own[at] = columns.session.start(settings);
  }
  for (const row of tokensOf(agent, tokens)) row.clearOwn(at);
}

function takeIn(set: WorkingSet, agent: AgentRow): void {
  set.agents.set(agent.low, agent.high, agent);
  for (const row of sessionsOf(agent)) set.sessions.set(row.low, row.high, row);
}
