/**
 * Files for benchmarks: a million events of the product's own schema in a few seconds. A tight generator with the
 * shape of the simulator's telemetry: text is put together from parts that are made once for each agent.
 */
import { pop, push } from "../../services/simulator/heap.ts";
import { type Random, random } from "../../services/simulator/random.ts";
import { type Blueprint, blueprint, type Call } from "./blueprint.ts";
import { createLineFile } from "./line-file.ts";

/** What the file holds. */
export interface BenchFileOptions {
  /** Lines to write. Default 1,000,000. */
  readonly events?: number;
  /** Agents; three sessions in four are skewed to the first ones, the n-th with a share of about n^-0.8. Default 10,000. */
  readonly agents?: number;
  /** The same seed gives the same bytes. */
  readonly seed: number;
  /** One session in so many is an attack, so that there is something to find; 0 for none. Default 1000. */
  readonly oneAttackIn?: number;
}

/** What was written. */
export interface BenchFile {
  readonly events: number;
  readonly sessions: number;
  readonly bytes: number;
}

interface Session {
  readonly blueprint: Blueprint;
  readonly copy: Blueprint["copies"][number];
  readonly workflow: Blueprint["workflows"][number];
  readonly id: string;
  readonly attack: "none" | "injected" | "stolenToken" | "refreshLoop";
  timeMs: number;
  events: number;
  callsLeft: number;
  step: number;
  /** Public id or hash, and the JSON that calls carry. */
  tokenId: string;
  token: string;
  generation: number;
  renewAtMs: number;
}

const BEGIN_MS = Date.parse("2026-03-02T00:00:00Z");
const SPAN_MS = 3 * 86_400_000;
const EVENTS_PER_SESSION = 12.9;
const GAP_MS = 29_000;
const LIFETIME_MS = 300_000;
const ATTACKS = ["injected", "stolenToken", "refreshLoop"] as const;
const THIEF = '{"ip":"203.0.113.66","asn":64511,"node":"unknown"}';
const OK = '"outcome":{"result":"ok"}';
const REFUSED = '"outcome":{"result":"denied","status":401}';
const DENIED = '"outcome":{"result":"denied","status":403,"reason":"insufficient_scope"}';

/**
 * Writes a file of events in time order over about three days.
 * @throws Error of the file system.
 */
export function writeBenchFile(path: string, options: BenchFileOptions): BenchFile {
  const { events = 1_000_000, agents = 10_000, seed, oneAttackIn = 1000 } = options;
  const own = random(seed, "bench");
  const blueprints: Blueprint[] = [];
  const open: Session[] = [];
  const file = createLineFile(path);
  const arrivalGapMs = (SPAN_MS * EVENTS_PER_SESSION) / events;
  let [arrivalMs, sessions] = [BEGIN_MS, 0];
  for (let written = 0; written < events; written++) {
    while (!open[0] || arrivalMs <= open[0].timeMs) {
      const index = sessions % 4 === 0 ? (sessions / 4) % agents : skewed(agents, own);
      blueprints[index] ??= blueprint(seed, index);
      push(open, begin(blueprints[index], arrivalMs, own, attackOf(++sessions, oneAttackIn)), isEarlier);
      arrivalMs += Math.ceil(own.exponential(arrivalGapMs));
    }
    const session = pop(open, isEarlier) as Session;
    file.write(nextEvent(session, own));
    if (session.callsLeft > 0) push(open, session, isEarlier);
  }
  return { events, sessions, bytes: file.close() };
}

const isEarlier = (one: Session, other: Session) =>
  one.timeMs < other.timeMs || (one.timeMs === other.timeMs && one.id < other.id);

/** The inverse of the cumulative share when the n-th of `count` has a share of about n^-0.8. */
const skewed = (count: number, own: Random) =>
  Math.min(count - 1, Math.floor(((count ** 0.2 - 1) * own.unit() + 1) ** 5) - 1);

const attackOf = (session: number, oneAttackIn: number): Session["attack"] =>
  oneAttackIn > 0 && session % oneAttackIn === 0 ? (ATTACKS[(session / oneAttackIn) % 3] ?? "none") : "none";

function begin(blueprint: Blueprint, timeMs: number, own: Random, attack: Session["attack"]): Session {
  return {
    blueprint,
    copy: own.pick(blueprint.copies),
    workflow: own.pick(blueprint.workflows),
    id: own.hex(16),
    attack,
    timeMs,
    events: 0,
    callsLeft: attack === "none" ? 6 + own.below(11) : 24,
    step: 0,
    tokenId: "",
    token: "",
    generation: -1,
    renewAtMs: 0,
  };
}

/** The line of a session's next event; moves the session on. */
function nextEvent(session: Session, own: Random): string {
  if (session.timeMs >= session.renewAtMs) return renew(session, own);
  const { timeMs, step, token, attack } = session;
  const held = `"token":{${token}}`;
  const isLast = --session.callsLeft === 0;
  session.timeMs += 1 + Math.floor(attack === "none" ? own.exponential(GAP_MS) : 500);
  if (attack === "refreshLoop") session.renewAtMs = session.timeMs;
  if (isLast && own.chance(0.15)) return line(session, "token.revoked", timeMs, `${held},${OK}`, own);
  if (own.chance(0.01)) return line(session, "token.denied", timeMs, `${held},${DENIED}`, own);
  session.step = advance(step, session.workflow.calls.length, own);
  const outcome = attack === "refreshLoop" ? REFUSED : OK;
  return line(session, "api.called", timeMs, `${held},${operation(session, step, own)},${outcome}`, own);
}

/** Mostly the next step, sometimes one further or back. */
function advance(step: number, steps: number, own: Random): number {
  const luck = own.unit();
  if (luck < 0.15) return Math.max(0, step - 1);
  return (step + (luck < 0.25 ? 2 : 1)) % steps;
}

function renew(session: Session, own: Random): string {
  const { blueprint, timeMs } = session;
  const { issuer, audience, showsClaims } = blueprint;
  const isFirst = ++session.generation === 0;
  const parent = isFirst ? "" : `,"parent":"${session.tokenId}"`;
  const lineage = `"family":"family-${session.id}","generation":${session.generation}${parent}`;
  const issuedAt = `"issuedAt":"${new Date(timeMs).toISOString()}"`;
  const expiresAt = `"expiresAt":"${new Date(timeMs + LIFETIME_MS).toISOString()}"`;
  session.tokenId = blueprint.hashesTokens ? `bench:${own.hex(32)}` : `jti-${own.hex(24)}`;
  const name = `"${blueprint.hashesTokens ? "hash" : "publicId"}":"${session.tokenId}"`;
  session.token = showsClaims ? `${name},${issuer},${expiresAt}` : `${name},${issuer}`;
  session.renewAtMs = timeMs + Math.floor(LIFETIME_MS * (0.7 + 0.2 * own.unit()));
  session.timeMs += 20 + own.below(60);
  const token = `"token":{${name},${issuer},${lineage},${audience},${issuedAt},${expiresAt}},${OK}`;
  return line(session, isFirst ? "token.issued" : "token.refreshed", timeMs, token, own);
}

function operation({ blueprint, workflow, attack, callsLeft }: Session, step: number, own: Random): string {
  if (attack === "injected" && callsLeft === 12)
    return `"operation":{"service":"${blueprint.services[0]}","name":"forward_all","tier":2,"targets":{"recipient":["x-${own.hex(8)}@example.net"]}}`;
  const { head, field, values } = workflow.calls[step] as Call;
  if (field === "") return `"operation":${head}}`;
  const value = values.length > 0 ? own.pick(values) : `${field}-${Math.floor((1 - own.unit()) ** -3) % 1e9}`;
  return `"operation":${head},"targets":{"${field}":["${value}"]}}`;
}

function line(session: Session, kind: string, timeMs: number, body: string, own: Random): string {
  const { copy, workflow, id, attack, callsLeft } = session;
  const time = new Date(timeMs).toISOString();
  const observed = new Date(timeMs + 20 + own.below(400)).toISOString();
  const network = attack === "stolenToken" && callsLeft % 2 === 1 ? THIEF : copy.network;
  const when = `"time":"${time}","observedTime":"${observed}","tenant":"default","source":"offgraph"`;
  const where = `"workflow":"${workflow.name}","session":"s-${id}"`;
  return `{"id":"${id}-${++session.events}","kind":"${kind}",${when},${copy.agent},${where},${body},"network":${network}}`;
}
