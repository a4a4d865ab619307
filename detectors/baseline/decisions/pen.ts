/**
 * The holding pen: what the newest few sessions have done in which something was found. Such a session teaches nothing until a
 * person releases it; it is dropped unlearned when it is confirmed, when its days are over, or when newer ones need its place.
 * Then the oldest of the commonest habit goes, so that one new habit leaves room for others.
 */
import type { ByteReader, ByteWriter } from "../../codec.ts";

/** Most sessions of one agent that wait for a person. */
const MAX_HELD = 8;

/** A session that waits, packed. */
export interface HeldSession {
  readonly name: string;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The same of all sessions of one workflow in which the same was told. */
  readonly habit: number;
  /** Version of the columns that `bytes` were written in. */
  readonly version: number;
  /** The session's columns. */
  readonly bytes: Uint8Array;
}

/** Sessions that wait, oldest first, and what became of the others. */
export interface Pen {
  sessions: readonly HeldSession[];
  released: number;
  confirmed: number;
  expired: number;
  /** Left the pen for want of room. */
  crowdedOut: number;
}

/** An empty pen. */
export const newPen = (): Pen => ({ sessions: [], released: 0, confirmed: 0, expired: 0, crowdedOut: 0 });

/** Adds a session. Answers whether another had to go for it. */
export function hold(pen: Pen, session: HeldSession): boolean {
  pen.sessions = [...pen.sessions, session];
  if (pen.sessions.length <= MAX_HELD) return false;
  const spare = spareOf(pen.sessions);
  pen.sessions = pen.sessions.filter((one) => one !== spare);
  pen.crowdedOut++;
  return true;
}

function spareOf(sessions: readonly HeldSession[]): HeldSession | undefined {
  const counts = new Map<number, number>();
  for (const { habit } of sessions) counts.set(habit, (counts.get(habit) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return sessions.find(({ habit }) => counts.get(habit) === most);
}

/** Takes the sessions of a name out of the pen, oldest first. */
export function take(pen: Pen, name: string): readonly HeldSession[] {
  const taken = pen.sessions.filter((session) => session.name === name);
  if (taken.length > 0) pen.sessions = pen.sessions.filter((session) => session.name !== name);
  return taken;
}

/** Drops the sessions that ended before a time, ms since 1970. */
export function expire(pen: Pen, beforeMs: number): void {
  const kept = pen.sessions.filter(({ endedAt }) => endedAt >= beforeMs);
  pen.expired += pen.sessions.length - kept.length;
  if (kept.length < pen.sessions.length) pen.sessions = kept;
}

/** Dense; one byte if there is no pen. */
export function writePen(pen: Pen | undefined, to: ByteWriter): void {
  to.u8(pen === undefined ? 0 : 1);
  if (pen === undefined) return;
  for (const count of [pen.released, pen.confirmed, pen.expired, pen.crowdedOut]) to.i32(count);
  to.u8(pen.sessions.length);
  for (const { name, startedAt, endedAt, habit, version, bytes } of pen.sessions) {
    to.text(name);
    to.f64(startedAt);
    to.f64(endedAt);
    to.i32(habit);
    to.u8(version);
    to.bytes(bytes, 0, bytes.length);
  }
}

/** Reads what writePen wrote. */
export function readPen(from: ByteReader): Pen | undefined {
  if (from.u8() === 0) return undefined;
  const [released, confirmed, expired, crowdedOut] = [from.i32(), from.i32(), from.i32(), from.i32()];
  const sessions = Array.from({ length: from.u8() }, () => readHeld(from));
  return { sessions, released, confirmed, expired, crowdedOut };
}

function readHeld(from: ByteReader): HeldSession {
  const [name, startedAt, endedAt] = [from.text(), from.f64(), from.f64()];
  const [habit, version] = [from.i32(), from.u8()];
  const bytes = new Uint8Array(from.count(1));
  from.bytes(bytes, 0, bytes.length);
  return { name, startedAt, endedAt, habit, version, bytes };
}
