/** What is denied because of one agent, and what an action adds to it or takes from it. Values only: no I/O and no clock. */
import {
  type Action,
  type ActionOutcome,
  type Denial,
  type Target,
  targetKey,
} from "../../schemas/action.ts";
import type { ActionId, AgentId, IncidentId, Tenant } from "../../schemas/ids.ts";

/** Most targets that are denied because of one agent; beyond it no further tokens are added, and its agent denial stands. */
export const MAX_DENIED = 10_000;

/** Neither a JWT nor the token index says which family a token is of, so nobody else can be refused. */
const FAMILY_ALONE = "only callers for whom the gateway names the family are refused";

/** Which action it is in force by, since when, until when and why. */
interface Enforcement {
  readonly action: ActionId;
  /** Absent when a person quarantined without an incident. */
  readonly incident?: IncidentId | undefined;
  /** Wall clock, ms since 1970; since when without a gap. Absent in what version 0.1 wrote. */
  readonly sinceMs?: number | undefined;
  readonly untilMs: number;
  readonly reason: string;
}

/** One target that is denied. */
export interface Denied extends Enforcement {
  readonly target: Target;
}

/** A quarantine, with the place of its action in the log. */
export interface Quarantine extends Enforcement {
  readonly position: number;
}

/** What is denied because of an agent, and until when. */
export interface DenialLedger {
  readonly tenant: Tenant;
  readonly agent: AgentId;
  readonly quarantine: Quarantine | undefined;
  /** By target key. */
  readonly denied: ReadonlyMap<string, Denied>;
}

/** The ledger of an agent because of which nothing is denied. */
export const newLedger = ({ tenant, agent }: Pick<DenialLedger, "tenant" | "agent">): DenialLedger => ({
  tenant,
  agent,
  quarantine: undefined,
  denied: new Map(),
});

/** The ledger afterwards, and the lines for the deny list. */
interface Effect {
  readonly ledger: DenialLedger;
  readonly denials: readonly Denial[];
}

/** An effect, and what the responder is told of it. */
export interface CarriedOut extends Effect {
  readonly result: ActionOutcome["result"];
  readonly detail?: string;
}

/** A ledger while it is being changed; it never leaves this file. */
interface Draft {
  readonly nowMs: number;
  readonly tenant: Tenant;
  readonly agent: AgentId;
  quarantine: Quarantine | undefined;
  readonly denied: Map<string, Denied>;
  readonly denials: Denial[];
}

/**
 * What an action at a position does. `tokens` are the agent's known ones, for a quarantine. Every denial is absolute, so
 * that carrying the action out twice changes nothing.
 */
export function carryOut(
  ledger: DenialLedger,
  { action, position }: { readonly action: Action; readonly position: number },
  tokens: readonly string[],
  nowMs: number,
): CarriedOut {
  const draft = open(ledger, nowMs);
  if (action.mode === "dry-run") return { ...effectOf(draft), result: "simulated" };
  if (action.kind === "release") return { ...effectOf(lift(draft, action)), result: "confirmed" };
  const { id, incident, reason, expiresAt = "" } = action;
  const held = { action: id, incident, reason, sinceMs: nowMs, untilMs: Date.parse(expiresAt) };
  if (!(held.untilMs > nowMs))
    return { ...effectOf(draft), result: "failed", detail: "it was over before it began" };
  deny(draft, action.target, held);
  if (action.kind === "revoke-family") return { ...effectOf(draft), result: "failed", detail: FAMILY_ALONE };
  if (action.kind === "quarantine") quarantine(draft, { ...held, position }, tokens);
  return { ...effectOf(draft), result: "confirmed" };
}

/** Denies tokens that became known while the agent is quarantined. */
export function addTokens(ledger: DenialLedger, tokens: readonly string[], nowMs: number): Effect {
  const draft = open(ledger, nowMs);
  denyTokens(draft, tokens);
  return effectOf(draft);
}

/** Of the tokens, those that are not denied yet and for which there is room. */
export function uncovered(ledger: DenialLedger, tokens: readonly string[]): string[] {
  return missing(ledger, tokens).slice(0, roomOf(ledger));
}

/** How many of the tokens are not denied and have no room. */
export const beyondCap = (ledger: DenialLedger, tokens: readonly string[]) =>
  Math.max(0, missing(ledger, tokens).length - roomOf(ledger));

const roomOf = ({ denied }: DenialLedger) => Math.max(0, MAX_DENIED - denied.size);
const missing = ({ tenant, denied }: DenialLedger, tokens: readonly string[]) =>
  tokens.filter((id) => !denied.has(targetKey(tenant, { type: "token", id })));

/** The ledger without what is over; the same one if nothing is. */
export function withoutPast(ledger: DenialLedger, nowMs: number): DenialLedger {
  const { ledger: current } = effectOf(open(ledger, nowMs));
  const isSame = current.denied.size === ledger.denied.size && current.quarantine === ledger.quarantine;
  return isSame ? ledger : current;
}

/** What is over is left out. */
function open({ tenant, agent, quarantine, denied }: DenialLedger, nowMs: number): Draft {
  const current = new Map([...denied].filter(([, { untilMs }]) => untilMs > nowMs));
  const holds = quarantine !== undefined && quarantine.untilMs > nowMs;
  return { nowMs, tenant, agent, quarantine: holds ? quarantine : undefined, denied: current, denials: [] };
}

const effectOf = ({ nowMs: _, denials, ...ledger }: Draft): Effect => ({ ledger, denials });

/** A longer quarantine takes a shorter one's place; the agent's tokens are denied as long as it lasts. */
function quarantine(draft: Draft, because: Quarantine, tokens: readonly string[]): void {
  if (draft.quarantine === undefined || draft.quarantine.untilMs < because.untilMs)
    draft.quarantine = because;
  const known = [...draft.denied.values()].flatMap(({ target }) =>
    target.type === "token" ? [target.id] : [],
  );
  denyTokens(draft, [...ownToken(draft.agent), ...known, ...tokens]);
}

/** A principal that is known by its token alone is named after it: `token:<id>`. */
const ownToken = (agent: string) => (agent.startsWith("token:") ? [agent.slice("token:".length)] : []);

function denyTokens(draft: Draft, tokens: readonly string[]): void {
  if (draft.quarantine === undefined) return;
  for (const id of tokens) {
    const target = { type: "token", id } as const;
    const isRoom = draft.denied.size < MAX_DENIED || draft.denied.has(targetKey(draft.tenant, target));
    if (isRoom) deny(draft, target, draft.quarantine);
  }
}

/** A target that is denied for longer already stays as it is. */
function deny(draft: Draft, target: Target, { action, incident, untilMs, reason }: Enforcement): void {
  const key = targetKey(draft.tenant, target);
  const before = draft.denied.get(key);
  if (before !== undefined && before.untilMs >= untilMs) return;
  const denied = { target, action, incident, sinceMs: before?.sinceMs ?? draft.nowMs, untilMs, reason };
  draft.denied.set(key, denied);
  draft.denials.push(denialOf(draft, denied, true));
}

/** Lifts everything that is denied because of the agent, and the agent itself even if nothing is known to be. */
function lift(draft: Draft, { id, target, reason }: Action): Draft {
  const agentKey = targetKey(draft.tenant, target);
  const targets = new Map([...draft.denied].map(([key, denied]) => [key, denied.target])).set(
    agentKey,
    target,
  );
  for (const lifted of targets.values()) {
    draft.denials.push(denialOf(draft, { target: lifted, action: id, untilMs: 0, reason }, false));
  }
  draft.denied.clear();
  return Object.assign(draft, { quarantine: undefined });
}

function denialOf(
  { tenant, agent }: Draft,
  { target, action, untilMs, reason }: Denied,
  denied: boolean,
): Denial {
  return { tenant, target, denied, expiresAtMs: untilMs, action, agent, reason };
}
