/**
 * Sessions judged by what was learned without their kin: the honest way to fit weights and to calibrate on the very
 * history that a baseline is learned from.
 */
import { type Course, type Observed, observed } from "./observe.ts";
import type { RecordedSession } from "./recording.ts";
import { modelOf } from "./trail.ts";

/** Which kin a session belongs to. */
export type Kin = (session: RecordedSession) => string;

/** Parts that sessions are divided into where nothing tells them apart. */
const PARTS = 5;

/** What tells sessions apart: the model that ran; if that is always the same the build; if that is too, nothing but their id. */
export function kinOf(sessions: readonly RecordedSession[]): Kin {
  const kins: readonly Kin[] = [({ version }) => modelOf(version) ?? "", ({ version }) => version ?? ""];
  return kins.find((kin) => new Set(sessions.map(kin)).size > 1) ?? byId;
}

function byId({ id }: RecordedSession): string {
  let sum = 0;
  for (let at = 0; at < id.length; at++) sum = (Math.imul(sum, 31) + id.charCodeAt(at)) | 0;
  return String((sum >>> 0) % PARTS);
}

/** Like `observed`, but each session is judged by what was learned without its kin. */
export async function observedApart(
  course: Course,
  learn: readonly RecordedSession[],
  judge: readonly RecordedSession[],
  keepsTerms = false,
): Promise<readonly Observed[]> {
  const kin = kinOf(learn);
  const known = new Set(learn.map(kin));
  const parts = Map.groupBy(judge, (session) => (known.has(kin(session)) ? kin(session) : undefined));
  const all: Observed[] = [];
  for (const [own, sessions] of parts) {
    const others = own === undefined ? learn : learn.filter((session) => kin(session) !== own);
    all.push(...(await observed(course, others, sessions, keepsTerms)));
  }
  return all;
}
