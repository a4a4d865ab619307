/**
 * Which agent a token was issued to, in three tables: tokens by name, an agent's tokens by expiry, all tokens by expiry.
 * The index has no clock: the latest time that anybody asked about is its time, and each write removes some of what
 * had expired by then, always more than it adds.
 */
import { metrics } from "@opentelemetry/api";
import type { Database, RootDatabase } from "lmdb";
import type { IndexEntry } from "../ports/store.ts";
import { digest, under } from "./lmdb-environment.ts";

/** Expired tokens that a write removes: this many, and twice what it adds. */
const SWEEP = 100;
const expired = metrics.getMeter("offgraph").createCounter("offgraph_store_tokens_expired_total", {
  description: "Tokens removed from the token index after their expiry",
});
const EMPTY = Buffer.alloc(0);

/** The index in one environment; each write is part of a transaction of its caller. */
export class LmdbTokenIndex {
  readonly #tokens: Database<IndexEntry, Buffer>;
  readonly #byAgent: Database<Buffer, Buffer>;
  readonly #byExpiry: Database<Buffer, Buffer>;
  #nowMs = 0;

  constructor(environment: RootDatabase) {
    this.#tokens = environment.openDB("tokens", { keyEncoding: "binary", encoding: "json" });
    this.#byAgent = environment.openDB("tokens-by-agent", { keyEncoding: "binary", encoding: "binary" });
    this.#byExpiry = environment.openDB("tokens-by-expiry", { keyEncoding: "binary", encoding: "binary" });
  }

  /** To be called in a transaction. */
  put(entries: readonly IndexEntry[]): void {
    for (const { tenant, token, agent, expiresAtMs } of entries) {
      const key = digest(tenant, token);
      this.#remove(key);
      this.#tokens.put(key, { tenant, token, agent, expiresAtMs });
      this.#byAgent.put(agentKey(tenant, agent, expiresAtMs, key), EMPTY);
      this.#byExpiry.put(Buffer.concat([timeKey(expiresAtMs), key]), EMPTY);
    }
    this.#sweep(SWEEP + 2 * entries.length);
  }

  agentsOf(tenant: string, tokens: readonly string[], nowMs: number): Map<string, string> {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const agents = new Map<string, string>();
    for (const token of tokens) {
      const entry = this.#tokens.get(digest(tenant, token));
      if (entry && entry.expiresAtMs >= nowMs) agents.set(token, entry.agent);
    }
    return agents;
  }

  tokensOf(tenant: string, agent: string, nowMs: number, limit: number): IndexEntry[] {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const { start, end } = under(digest(tenant, agent));
    const from = Buffer.concat([start, timeKey(nowMs)]);
    const keys = this.#byAgent.getKeys({ start: end, end: from, reverse: true, limit });
    return Array.from(keys, (key) => this.#tokens.get(key.subarray(start.length + TIME_BYTES))!);
  }

  #remove(key: Buffer): void {
    const entry = this.#tokens.get(key);
    if (!entry) return;
    this.#byAgent.remove(agentKey(entry.tenant, entry.agent, entry.expiresAtMs, key));
    this.#byExpiry.remove(Buffer.concat([timeKey(entry.expiresAtMs), key]));
    this.#tokens.remove(key);
  }

  #sweep(limit: number): void {
    const keys = Array.from(this.#byExpiry.getKeys({ start: timeKey(0), end: timeKey(this.#nowMs), limit }));
    for (const key of keys) this.#remove(key.subarray(TIME_BYTES));
    if (keys.length > 0) expired.add(keys.length);
  }
}

const TIME_BYTES = 8;

/** Big-endian, so that keys sort as times do. */
function timeKey(ms: number): Buffer {
  const bytes = Buffer.allocUnsafe(TIME_BYTES);
  bytes.writeDoubleBE(ms);
  return bytes;
}

function agentKey(tenant: string, agent: string, expiresAtMs: number, key: Buffer): Buffer {
  return Buffer.concat([digest(tenant, agent), timeKey(expiresAtMs), key]);
}
