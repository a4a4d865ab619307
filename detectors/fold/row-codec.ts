/** The shared columns of rows, dense. */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { type AgentRow, agentRow, type Revocation, type SessionRow, sessionRow } from "../rows.ts";
import { readRecentIds, writeRecentIds } from "../stats/recent-ids.ts";
import type { TokenRow } from "../token-row.ts";
import type { TokenTable } from "./token-table.ts";

/** Writes the shared columns of an agent. */
export function writeAgent(row: AgentRow, to: ByteWriter): void {
  to.text(row.tenant);
  to.text(row.id);
  to.i32(row.low);
  to.i32(row.high);
  to.f64(row.clock);
  to.i32(row.epoch);
  to.f64(row.position);
  to.i32(row.baselineVersion);
  writeRecentIds(row.recent, to);
  to.u8(row.revocations.length);
  for (const revocation of row.revocations) writeRevocation(revocation, to);
}

/** Reads what writeAgent wrote. */
export function readAgent(from: ByteReader): AgentRow {
  const [tenant, id, low, high] = [from.text(), from.text(), from.i32(), from.i32()];
  const [clock, epoch, position] = [from.f64(), from.i32(), from.f64()];
  const baselineVersion = from.i32();
  const row = agentRow(tenant, id, low, high, [], readRecentIds(from));
  Object.assign(row, { clock, epoch, position, baselineVersion });
  for (let left = from.u8(); left > 0; left--) row.revocations.push(readRevocation(from));
  return row;
}

function writeRevocation({ low, high, time }: Revocation, to: ByteWriter): void {
  to.i32(low);
  to.i32(high);
  to.f64(time);
}

function readRevocation(from: ByteReader): Revocation {
  return { low: from.i32(), high: from.i32(), time: from.f64() };
}

/** Writes the shared columns of a session. */
export function writeSession(row: SessionRow, to: ByteWriter): void {
  to.i32(row.low);
  to.i32(row.high);
  to.text(row.name);
  to.f64(row.startedAt);
  to.f64(row.lastAt);
  to.i32(row.events);
  to.u8(row.flagged ? 1 : 0);
}

/** Reads what writeSession wrote. */
export function readSession(agent: AgentRow, from: ByteReader): SessionRow {
  const row = sessionRow(agent, from.i32(), from.i32(), from.text(), from.f64(), []);
  row.lastAt = from.f64();
  row.events = from.i32();
  row.flagged = from.u8() === 1;
  return row;
}

/** Writes the shared columns of a token. */
export function writeToken(row: TokenRow, to: ByteWriter): void {
  to.i32(row.low);
  to.i32(row.high);
  to.text(row.hash);
  to.text(row.family);
  to.i32(row.familyLow);
  to.i32(row.familyHigh);
  to.i32(row.grantLow);
  to.i32(row.grantHigh);
  for (const time of [row.issuedAt, row.expiresAt, row.revokedAt, row.keepUntil]) to.f64(time);
  to.u8(row.audience === undefined ? 0 : 1);
  to.texts(row.audience ?? []);
}

/** Reads what writeToken wrote into a table, as the newest token of the agent. */
export function readToken(tokens: TokenTable, agent: AgentRow, from: ByteReader): void {
  const row = tokens.add(agent, from.i32(), from.i32());
  row.hash = from.text();
  row.setFamily(from.text(), from.i32(), from.i32());
  row.setGrant(from.i32(), from.i32());
  row.issuedAt = from.f64();
  row.expiresAt = from.f64();
  row.revokedAt = from.f64();
  row.keepUntil = from.f64();
  const known = from.u8() === 1;
  const audience = from.texts();
  row.audience = known ? audience : undefined;
}
