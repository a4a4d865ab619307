/**
 * The token index: which agent a token belongs to, written at issuance and at the first use under an agent's name. It
 * finds the agent of an event that names only a token. One look-up and one write per batch, both only for tokens that
 * this process has not seen lately. The index is a cache: what it does not know stays a principal of its own.
 */
import { metrics } from "@opentelemetry/api";
import type { Event } from "../../schemas/event.ts";
import { AgentId } from "../../schemas/ids.ts";
import type { IndexEntry, Store } from "../ports/store.ts";
import { boundedCache, type Cache } from "./cache.ts";

/** Tokens that one process remembers. */
const MAX_TOKENS = 200_000;
/** An entry outlives its token by a day: a use after expiry still has an owner. */
const KEPT_MS = 86_400_000;
/** What the store said is asked again after this time; that it knows nothing, much sooner: another process may learn. */
const KNOWN_MS = 3_600_000;
const UNKNOWN_MS = 10_000;

/** Kinds that say whom a token belongs to. */
export const ISSUING: ReadonlySet<Event["kind"]> = new Set([
  "token.issued",
  "token.refreshed",
  "token.exchanged",
]);

const cacheSize = metrics.getMeter("offgraph").createGauge("offgraph_ingest_token_cache_entries", {
  description: "Tokens whose agent this process remembers",
});

/** Who a bare token belongs to, as far as its issuance was seen. */
export interface TokenIndex {
  /**
   * Events of one tenant in the order of arrival, those attributed to a bare token now to its agent if that is known
   * (`attribution` is then `index`); all others are the same objects. Fails when the store does.
   */
  attribute(tenant: string, events: readonly Event[], nowMs: number): Promise<readonly Event[]>;
  /** Whether the token is known to be some agent's: its use under an agent's name then tells the index nothing. */
  knows(tenant: string, token: string, nowMs: number): boolean;
}

/** What is remembered of a token: its agent, or that nobody knew it; until when. */
interface RememberedToken {
  readonly agent: AgentId | undefined;
  readonly untilMs: number;
}

interface Batch {
  readonly tenant: string;
  readonly nowMs: number;
  readonly memories: Cache<RememberedToken>;
  /** What this batch has recalled or learnt, by token: the cache may forget it before the batch is done. */
  readonly known: Map<string, RememberedToken>;
  /** To be written to the store. */
  readonly entries: IndexEntry[];
}

/** The index of this store; at most `maxTokens` are remembered in memory. */
export function openTokenIndex(store: Store, maxTokens: number = MAX_TOKENS): TokenIndex {
  const memories = boundedCache<RememberedToken>(maxTokens);
  return {
    async attribute(tenant, events, nowMs) {
      const batch: Batch = { tenant, nowMs, memories, known: new Map(), entries: [] };
      try {
        for (const event of events) issue(batch, event);
        await lookUp(batch, events);
        const attributed = events.map((event) => resolved(batch, event));
        if (batch.entries.length > 0) await store.indexTokens(batch.entries);
        return attributed;
      } catch (error) {
        // What is remembered must be in the store too, or it would be left out the next time.
        memories.clear();
        throw error;
      } finally {
        cacheSize.record(memories.size());
      }
    },
    knows(tenant, token, nowMs) {
      const memory = memories.get(`${tenant}\n${token}`);
      return memory?.agent !== undefined && memory.untilMs > nowMs;
    },
  };

  async function lookUp(batch: Batch, events: readonly Event[]): Promise<void> {
    const { tenant, nowMs } = batch;
    const unknown = new Set<string>();
    for (const event of events)
      for (const token of tokensOf(event)) if (recall(batch, token) === undefined) unknown.add(token);
    if (unknown.size === 0) return;
    const agents = await store.agentsOf(tenant, [...unknown], nowMs);
    for (const token of unknown) {
      const owner = agents.get(token);
      const agent = owner === undefined ? undefined : AgentId.parse(owner);
      remember(batch, token, { agent, untilMs: nowMs + (agent === undefined ? UNKNOWN_MS : KNOWN_MS) });
    }
  }
}

/** The event with its tokens' agent, if it had none of its own; notes tokens that belonged to nobody. */
function resolved(batch: Batch, event: Event): Event {
  const tokens = tokensOf(event);
  if (tokens.length === 0 || !("agent" in event)) return event;
  const agents = tokens.map((token) => recall(batch, token)?.agent);
  const orphan = event.agent.attribution === "token";
  const known = agents.find((agent) => agent !== undefined);
  const owner = known ?? (orphan ? undefined : event.agent.id);
  if (owner === undefined) return event;
  const ownerless = tokens.filter((_, at) => agents[at] === undefined);
  if (ownerless.length > 0) claim(batch, event, ownerless, owner);
  if (!orphan) return event;
  return { ...event, agent: { ...event.agent, id: owner, attribution: "index" } };
}

/** Notes whom the tokens of an issuance belong to. */
function issue(batch: Batch, event: Event): void {
  if (!ISSUING.has(event.kind) || !("agent" in event) || event.agent.attribution === "token") return;
  claim(batch, event, tokensOf(event), event.agent.id);
}

function claim(batch: Batch, event: Event, tokens: readonly string[], agent: AgentId): void {
  const { tenant, nowMs, entries } = batch;
  const expiresAt = "token" in event ? event.token?.expiresAt : undefined;
  const ends = expiresAt === undefined ? 0 : Date.parse(expiresAt);
  const expiresAtMs = Math.max(ends, nowMs) + KEPT_MS;
  for (const token of tokens) {
    const memory = recall(batch, token);
    if (memory?.agent === agent && memory.untilMs >= ends) continue;
    remember(batch, token, { agent, untilMs: expiresAtMs });
    entries.push({ tenant, token, agent, expiresAtMs });
  }
}

function tokensOf(event: Event): string[] {
  if (!("token" in event) || event.token === undefined) return [];
  const { publicId, hash } = event.token;
  return [publicId, hash].filter((token) => token !== undefined);
}

function recall({ tenant, nowMs, memories, known }: Batch, token: string): RememberedToken | undefined {
  const mine = known.get(token);
  if (mine !== undefined) return mine;
  const memory = memories.get(`${tenant}\n${token}`);
  if (memory === undefined || memory.untilMs <= nowMs) return undefined;
  known.set(token, memory);
  return memory;
}

function remember({ tenant, memories, known }: Batch, token: string, memory: RememberedToken): void {
  known.set(token, memory);
  memories.set(`${tenant}\n${token}`, memory);
}
