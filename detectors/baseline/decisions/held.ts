/** Sessions in which something was found: into the pen, and out of it by a person's word. */
import { ByteReader, ByteWriter } from "../../codec.ts";
import type { Caps } from "../../detector.ts";
import { ofSession, VERSION } from "../../evidence/columns.ts";
import { forgetScore } from "../../evidence/evidence.ts";
import type { SessionRow } from "../../rows.ts";
import { type Baseline, progressOf } from "../baseline.ts";
import { approveStrange, denyStrange } from "../graph/strange-edges.ts";
import { endPath, type SessionPath } from "../path.ts";
import type { BaselineSettings } from "../settings.ts";
import { dayOf, teach } from "../teach.ts";
import { expire, type HeldSession, hold, newPen, take } from "./pen.ts";

const DAY_MS = 86_400_000;

/** One for all calls: its memory is kept. */
const writer = new ByteWriter();

/** Withholds a session that has ended from learning, and keeps it until a person decides. */
export function holdSession(
  baseline: Baseline,
  row: SessionRow,
  path: SessionPath,
  { heldDays }: BaselineSettings,
  caps: Caps,
): void {
  const progress = progressOf(baseline, Math.max(path.workflow, 0));
  if (progress !== undefined) progress.withheld++;
  if (path.steps === 0 || heldDays === 0) return;
  const { name, startedAt, lastAt: endedAt } = row;
  ofSession.write(path, writer.clear());
  baseline.pen ??= newPen();
  const held = { name, startedAt, endedAt, habit: habitOf(path), version: VERSION, bytes: writer.take() };
  if (hold(baseline.pen, held)) caps.held++;
}

/** In any order, because what was told first in a session says nothing of its habit. */
const habitOf = ({ workflow, told }: SessionPath) =>
  told.reduce((sum, fact) => (sum + Math.imul(fact, 0x9e3779b1)) | 0, workflow);

/** The turn of a day (days since 1970): what has waited for too long is dropped. */
export function expireHeld({ pen }: Baseline, epoch: number, { heldDays }: BaselineSettings): void {
  if (pen !== undefined) expire(pen, (epoch - heldDays) * DAY_MS);
}

const takeHeld = ({ pen }: Baseline, name: string) => (pen === undefined ? [] : take(pen, name));

/** Learns the held sessions of a name after all, as of the day they were on; with `edges`, what was strange in them is approved. */
export function releaseSession(
  baseline: Baseline,
  name: string,
  edges: boolean,
  settings: BaselineSettings,
  caps: Caps,
): void {
  for (const held of takeHeld(baseline, name)) {
    const path = pathOf(held, settings);
    if (path === undefined) continue;
    if (edges) approveStrange(baseline, path);
    teach(baseline, path, dayOf(held.endedAt), settings, caps);
    const progress = progressOf(baseline, Math.max(path.workflow, 0));
    if (progress !== undefined) progress.withheld--;
    if (baseline.pen !== undefined) baseline.pen.released++;
    endPath(path);
  }
}

/** Drops the held sessions of a name for good; with `edges`, what was strange in them is denied. */
export function confirmSession(
  baseline: Baseline,
  name: string,
  edges: boolean,
  settings: BaselineSettings,
): void {
  for (const held of takeHeld(baseline, name)) {
    if (baseline.pen !== undefined) baseline.pen.confirmed++;
    const path = pathOf(held, settings);
    if (path === undefined) continue;
    forgetScore(baseline, path);
    if (edges) denyStrange(baseline, path);
    endPath(path);
  }
}

/** What the session did; undefined if it was written by a version that is no longer read. */
export function pathOf({ bytes, version }: HeldSession, settings: BaselineSettings): SessionPath | undefined {
  return version < VERSION - 1 ? undefined : ofSession.read(new ByteReader(bytes), version, settings);
}
