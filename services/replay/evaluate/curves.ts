/** What the plots of an evaluation are drawn from. */
import { type Judged, labelled, scores } from "./measure.ts";
import { shareAbove } from "./ranking.ts";
import type { Label } from "./trail.ts";

/** A threshold, and the shares of benign sessions and of attacks above it. */
export interface RocPoint {
  readonly threshold: number;
  readonly fpr: number;
  readonly tpr: number;
}

/** How many sessions score from `from` (included) to `to`. The first one also holds all that score less. */
export interface ScoreBin {
  readonly from: number;
  readonly to: number;
  readonly benign: number;
  readonly attack: number;
  readonly resisted: number;
}

/** Most points of a curve. */
const POINTS = 200;
/** Width of a bin of scores, in log-odds. */
const BIN = 0.5;
/** No session with a call that was scored is lower by much, whatever the weights. */
const LOWEST_BIN = -15;

/** The receiver operating characteristic, from the highest threshold to the lowest; empty if one side is missing. */
export function rocOf(sessions: readonly Judged[]): readonly RocPoint[] {
  const [benign, attacks] = [scores(labelled(sessions, "benign")), scores(labelled(sessions, "executed"))];
  if (benign.length === 0 || attacks.length === 0) return [];
  const sorted = [...new Set([...benign, ...attacks])].sort((one, other) => other - one);
  // Dense where few benign sessions are above: that is where a threshold is chosen.
  const ranks = Array.from({ length: POINTS }, (_, at) =>
    Math.round((sorted.length - 1) * (at / (POINTS - 1)) ** 2),
  );
  return [...new Set(ranks)].map((rank) => {
    const threshold = sorted[rank] ?? Number.NaN;
    return { threshold, fpr: shareAbove(benign, threshold), tpr: shareAbove(attacks, threshold) };
  });
}

/** How the scores lie; empty without sessions. */
export function distributionOf(sessions: readonly Judged[]): readonly ScoreBin[] {
  const placeOf = (score: number) => Math.floor(Math.max(score, LOWEST_BIN) / BIN);
  const places = [...new Set(scores(sessions).map(placeOf))];
  if (places.length === 0) return [];
  const [first, last] = [Math.min(...places), Math.max(...places)];
  const counted = (label: Label) => Map.groupBy(scores(labelled(sessions, label)), placeOf);
  const [benign, attack, resisted] = [counted("benign"), counted("executed"), counted("resisted")];
  return Array.from({ length: last - first + 1 }, (_, at) => ({
    from: (first + at) * BIN,
    to: (first + at + 1) * BIN,
    benign: benign.get(first + at)?.length ?? 0,
    attack: attack.get(first + at)?.length ?? 0,
    resisted: resisted.get(first + at)?.length ?? 0,
  }));
}
