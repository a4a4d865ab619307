/**
 * Weights from labelled sessions: logistic regression over sessions, of which only some calls are to blame. The
 * log-odds of a session are the soft maximum of its calls', of an attack over its malicious calls alone, so that the
 * score rises at the call that does harm and not after it. Weights keep the sign that their term has, and are drawn to 0.
 */
import { NEW_PARTY, NEW_TEXT, TERMS } from "../../../detectors/evidence/term.ts";
import type { Weights } from "../../../detectors/evidence/weights.ts";

/** One labelled session: the terms of its calls; of an attack, those of its malicious calls. */
export interface Example {
  readonly isAttack: boolean;
  readonly calls: readonly Float64Array[];
}

/**
 * Benign sessions weigh so many times as attacks, because few of them may be above a threshold. With more, and with less
 * pull, weights follow the attacks that they were fitted on: on recorded agents, goals and agents that were left out of the
 * fit were told apart less well.
 */
const BENIGN_WEIGHT = 3;
/**
 * Terms with one weight: bits of a new value that resembles none, whether it is a party or wording. With a weight for each,
 * that of the kind which few attacks have shown follows those few goals, and a goal of its own is missed. A code resembles
 * nothing, so its bits are others.
 */
const ALIKE = [NEW_PARTY, NEW_TEXT];
/** Pull to 0, on terms that are scaled to the same size. */
const PULL = 0.003;
const ROUNDS = 2000;
/** A step that lowers the loss by less ends the fit. */
const ENOUGH = 1e-10;

/** How weights come about, for a person who must decide whether to trust them. */
export const METHOD = `Logistic regression over sessions: the log-odds of a session are those of its worst call (soft maximum), of an attack among its malicious calls. Benign sessions weigh ${BENIGN_WEIGHT} times as much as attacks; weights are drawn to 0 (by ${PULL} of their squares, on terms scaled to the same size) and keep their sign; a bit of a new party and of new wording weigh the same. Each model's sessions were observed against a baseline learned from the other models only.`;

/** Fits weights; terms that need provenance weigh nothing unless `hasProvenance`. Needs examples of both kinds. */
export function fitWeights(examples: readonly Example[], hasProvenance: boolean): Weights {
  const usable = examples.filter(({ calls }) => calls.length > 0);
  const scales = scalesOf(usable);
  const loss = lossOf(usable, scales);
  const start = new Float64Array(TERMS.length + 1);
  start[TERMS.length] = -3;
  const found = descend(loss, start, (point) => allow(point, hasProvenance));
  return { bias: found[TERMS.length] ?? 0, terms: scales.map((scale, at) => (found[at] ?? 0) / scale) };
}

/** What terms are divided by; one number for those that weigh alike. */
function scalesOf(examples: readonly Example[]): readonly number[] {
  const own = TERMS.map((_, at) => scaleOf(examples, at));
  const alike = meanOf(own, ALIKE);
  return own.map((scale, at) => (ALIKE.includes(at) ? alike : scale));
}

const meanOf = (values: ArrayLike<number>, places: readonly number[]) =>
  places.reduce((sum, at) => sum + (values[at] ?? 0), 0) / places.length;

/** Root of the mean square of a term, or 1 if it never occurs. */
function scaleOf(examples: readonly Example[], at: number): number {
  let [sum, count] = [0, 0];
  for (const { calls } of examples)
    for (const terms of calls) {
      sum += (terms[at] ?? 0) ** 2;
      count++;
    }
  return Math.sqrt(sum / count) || 1;
}

/** Moves a point to the nearest one that is allowed. */
function allow(point: Float64Array, hasProvenance: boolean): void {
  const alike = meanOf(point, ALIKE);
  for (const at of ALIKE) point[at] = alike;
  for (const [at, { sign, needsProvenance }] of TERMS.entries())
    if ((point[at] ?? 0) * sign < 0 || (needsProvenance && !hasProvenance)) point[at] = 0;
}

/** The loss at a point; its gradient is written to `gradient`. */
type Loss = (point: Float64Array, gradient: Float64Array) => number;

function lossOf(examples: readonly Example[], scales: readonly number[]): Loss {
  const weightOf = ({ isAttack }: Example) => (isAttack ? 1 : BENIGN_WEIGHT);
  const total = examples.reduce((sum, example) => sum + weightOf(example), 0);
  const scaled = examples.map((example) => ({
    ...example,
    calls: example.calls.map((terms) => divided(terms, scales)),
  }));
  return (point, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (const example of scaled) loss += addExample(example, weightOf(example) / total, point, gradient);
    for (let at = 0; at < TERMS.length; at++) {
      const weight = point[at] ?? 0;
      loss += PULL * weight * weight;
      add(gradient, at, 2 * PULL * weight);
    }
    return loss;
  };
}

const divided = (terms: Float64Array, scales: readonly number[]) =>
  Float64Array.from(terms, (value, at) => value / (scales[at] ?? 1));

function add(to: Float64Array, at: number, value: number): void {
  to[at] = (to[at] ?? 0) + value;
}

function addExample(
  { isAttack, calls }: Example,
  weight: number,
  point: Float64Array,
  gradient: Float64Array,
): number {
  const odds = calls.map((terms) => oddsOf(terms, point));
  const largest = Math.max(...odds);
  const shares = odds.map((value) => Math.exp(value - largest));
  const sum = shares.reduce((total, share) => total + share, 0);
  const side = isAttack ? 1 : -1;
  const margin = side * (largest + Math.log(sum));
  const slope = (-side * weight) / (1 + Math.exp(margin));
  for (const [index, terms] of calls.entries()) {
    const part = (slope * (shares[index] ?? 0)) / sum;
    for (let at = 0; at < terms.length; at++) add(gradient, at, part * (terms[at] ?? 0));
    add(gradient, TERMS.length, part);
  }
  return weight * (margin > 30 ? 0 : Math.log1p(Math.exp(-Math.max(margin, -700))));
}

function oddsOf(terms: Float64Array, point: Float64Array): number {
  let odds = point[TERMS.length] ?? 0;
  for (let at = 0; at < terms.length; at++) odds += (point[at] ?? 0) * (terms[at] ?? 0);
  return odds;
}

/** Projected gradient descent with momentum (Nesterov), begun anew where it would rise. */
function descend(loss: Loss, start: Float64Array, project: (point: Float64Array) => void): Float64Array {
  const gradient = new Float64Array(start.length);
  let [point, ahead, momentum, step] = [start, start, 1, 1];
  let best = loss(point, gradient);
  for (let round = 0; round < ROUNDS; round++) {
    const here = loss(ahead, gradient);
    const next = stepDown(loss, ahead, here, gradient, step, project);
    if (next.loss > best && momentum > 1) {
      [ahead, momentum] = [point, 1];
      continue;
    }
    if (best - next.loss < ENOUGH && momentum > 1) return next.point;
    const grown = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    ahead = beyond(point, next.point, (momentum - 1) / grown);
    [point, best, momentum, step] = [next.point, next.loss, grown, next.step * 1.2];
  }
  return point;
}

const beyond = (from: Float64Array, to: Float64Array, by: number) =>
  to.map((value, at) => value + by * (value - (from[at] ?? 0)));

/** A step down the gradient, halved until it falls as far as its length promises. */
function stepDown(
  loss: Loss,
  from: Float64Array,
  here: number,
  gradient: Float64Array,
  longest: number,
  project: (point: Float64Array) => void,
) {
  const unused = new Float64Array(from.length);
  for (let step = longest; ; step /= 2) {
    const point = from.map((value, at) => value - step * (gradient[at] ?? 0));
    project(point);
    const reached = loss(point, unused);
    if (step < 1e-9 || reached <= here + bound(from, point, gradient, step))
      return { point, loss: reached, step };
  }
}

function bound(from: Float64Array, to: Float64Array, gradient: Float64Array, step: number): number {
  let sum = 0;
  for (let at = 0; at < from.length; at++) {
    const moved = (to[at] ?? 0) - (from[at] ?? 0);
    sum += (gradient[at] ?? 0) * moved + (moved * moved) / (2 * step);
  }
  return sum;
}
