/**
 * Sessions judged by what was learned without their kin: the honest way to fit weights and to calibrate on the very
 * history that a baseline is learned from.
 */
import type { ScoringContext } from "../../../detectors/evidence/weights.ts";
import { type JudgingOptions, type Observed, observed } from "./observe.ts";
import type { RecordedSession } from "./recording.ts";
import { modelOf } from "./trail.ts";

/** Which kin a session belongs to. */
type Kin = (session: RecordedSession) => string;

/** Most parts that sessions are divided into: each costs a learning of its own. */
const PARTS = 20;
/** Parts where nothing tells sessions apart. */
const PARTS_BY_CHANCE = 5;

/** For weights: they must hold for a model that nothing was learned of. */
const byModel = (sessions: readonly RecordedSession[]) =>
  firstThatTells(sessions, [({ version }) => modelOf(version) ?? "", unitOf]);

/** For calibration: a session is as new to the baseline as one that is still to come from a unit that is new. */
export const byTrustUnit = (sessions: readonly RecordedSession[]) =>
  firstThatTells(sessions, [(session) => part(unitOf(session), PARTS)]);

const unitOf: Kin = ({ trustUnit, version }) => trustUnit ?? version ?? "";

function firstThatTells(sessions: readonly RecordedSession[], kins: readonly Kin[]): Kin {
  const tells = (kin: Kin) => new Set(sessions.map(kin)).size > 1;
  return kins.find(tells) ?? (({ id }) => part(id, PARTS_BY_CHANCE));
}

function part(text: string, parts: number): string {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return String((sum >>> 0) % parts);
}

/** Like `observed`, but each session is judged by what was learned without its kin. */
export async function observedApart(
  course: JudgingOptions,
  learn: readonly RecordedSession[],
  judge: readonly RecordedSession[],
  kinOf: (sessions: readonly RecordedSession[]) => Kin,
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

/** Sessions that the weights of a context are fitted on. */
export type ByContext = (context: ScoringContext) => readonly Observed[];

/**
 * For weights, each session judged without its own model. Where the origin of arguments is told, calls that have none are
 * too few to fit on: their weights come from the same sessions with no origin told at all.
 */
export async function observedToFit(
  course: JudgingOptions,
  learn: readonly RecordedSession[],
  judge: readonly RecordedSession[],
): Promise<ByContext> {
  const told = { ...course.told, hasProvenance: false };
  const plain = await observedApart({ ...course, told }, learn, judge, byModel, true);
  if (!course.told.hasProvenance) return () => plain;
  const sourced = await observedApart(course, learn, judge, byModel, true);
  return (context) => (context.endsWith("provenance") ? sourced : plain);
}
