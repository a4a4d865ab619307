/**
 * Which agent a token was issued to: a key per token that expires with it, and a sorted set per agent of its tokens by expiry. Both
 * lie in one of a few slots by their names, so that a batch costs a few commands, also on a Cluster. The two are not written
 * as one: the token's own key decides, and what a set says is held against it.
 */
import { hash } from "node:crypto";
import type { IndexEntry } from "../../ports/store.ts";
import type { RunRequest } from "./attempts.ts";
import type { RedisClient } from "./client.ts";

/** Slots of the index. Fixed: it is part of the layout. */
const SHARDS = 16;
/** Keys in one command. */
const KEYS_PER_COMMAND = 1000;

/** Keys: sets of agents; for each: how many, then expiry and token of each. What has expired goes, and the set with its last. */
const ADD = `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000)
local at = 1
for _, key in ipairs(KEYS) do
  for i = 1, tonumber(ARGV[at]) do redis.call('ZADD', key, ARGV[at + 2 * i - 1], ARGV[at + 2 * i]) end
  at = at + 1 + 2 * tonumber(ARGV[at])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. now)
  local newest = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
  if newest then redis.call('PEXPIREAT', key, newest) end
end`;

/** Keys: tokens; for each its value and expiry. Answers the values that there were. */
const OWN = `
local before = redis.call('MGET', unpack(KEYS))
for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[2 * i - 1], 'PXAT', ARGV[2 * i]) end
return before`;

/** Keys: sets of agents; for each the token that belongs to another now. */
const REMOVE = `for i, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[i]) end`;

type CommandPart = string | number;
/** A key and what goes with it. */
interface Keyed {
  readonly key: string;
  readonly parts: readonly CommandPart[];
}

/** The index of one store. */
export class RedisTokenIndex {
  readonly #client: RedisClient;
  readonly #attempt: RunRequest;
  readonly #prefix: string;

  constructor(client: RedisClient, attempt: RunRequest, prefix: string) {
    this.#client = client;
    this.#attempt = attempt;
    this.#prefix = prefix;
  }

  async put(given: readonly IndexEntry[]): Promise<void> {
    const entries = [...new Map(given.map((entry) => [this.#tokenKey(entry), entry])).values()];
    const agents = Map.groupBy(entries, (entry) => this.#agentKey(entry));
    await this.#run(
      ADD,
      Array.from(agents, ([key, tokens]) => ({ key, parts: [tokens.length, ...tokens.flatMap(scored)] })),
    );
    const owned = entries.map((entry) => ({
      key: this.#tokenKey(entry),
      parts: [recordOf(entry), expiryOf(entry)],
    }));
    const before = await this.#run(OWN, owned);
    const lost = entries.flatMap((entry, at) => {
      const value = before[at];
      const earlier = value ? agentIn(value) : entry.agent;
      const key = this.#agentKey({ tenant: entry.tenant, agent: earlier });
      return earlier === entry.agent ? [] : [{ key, parts: [JSON.stringify(entry.token)] }];
    });
    await this.#run(REMOVE, lost);
  }

  async agentsOf(tenant: string, tokens: readonly string[], nowMs: number): Promise<Map<string, string>> {
    const keyed = tokens.map((token) => ({ key: this.#tokenKey({ tenant, token }), parts: [] }));
    const values = await this.#inShards(keyed, (keys) => ["mget", ...keys.map(({ key }) => key)]);
    return new Map(
      tokens.flatMap((token, at) => {
        const value = values[at];
        return value && expiryIn(value) >= nowMs ? [[token, agentIn(value)] as const] : [];
      }),
    );
  }

  async tokensOf(tenant: string, agent: string, nowMs: number, limit: number): Promise<IndexEntry[]> {
    const key = this.#agentKey({ tenant, agent });
    const range = ["zrevrangebyscore", key, "+inf", nowMs, "WITHSCORES", "LIMIT", 0, limit] as const;
    const pairs = (await this.#attempt(() => this.#client.send(range))) as (Buffer | number)[];
    const entries: IndexEntry[] = [];
    for (let at = 0; at < pairs.length; at += 2) {
      const token: string = JSON.parse(String(pairs[at]));
      entries.push({ tenant, token, agent, expiresAtMs: Number(pairs[at + 1]) });
    }
    const owners = await this.agentsOf(
      tenant,
      entries.map(({ token }) => token),
      nowMs,
    );
    return entries.filter(({ token }) => owners.get(token) === agent);
  }

  #run(script: string, keyed: readonly Keyed[]): Promise<(Buffer | null)[]> {
    return this.#inShards(keyed, (some) => {
      const keys = some.map(({ key }) => key);
      return ["eval", script, keys.length, ...keys, ...some.flatMap(({ parts }) => parts)];
    });
  }

  /** One command per shard and thousand keys, all at once; answers in the order of the keys, where there are any. */
  async #inShards(
    keyed: readonly Keyed[],
    commandOf: (some: readonly Keyed[]) => [string, ...CommandPart[]],
  ): Promise<(Buffer | null)[]> {
    const answers: (Buffer | null)[] = [];
    const shards = Map.groupBy(keyed.keys(), (at) => shardIn(keyed[at]!.key));
    const pages = [...shards.values()].flatMap((all) => pagesOf(all));
    const run = async (page: readonly number[]) => {
      const command = commandOf(page.map((at) => keyed[at]!));
      const answer = await this.#attempt(() => this.#client.send(command));
      for (const [index, at] of page.entries())
        answers[at] = (answer as (Buffer | null)[] | null)?.[index] ?? null;
    };
    await Promise.all(pages.map(run));
    return answers;
  }

  #tokenKey = ({ tenant, token }: { tenant: string; token: string }) => this.#key("token", [tenant, token]);
  #agentKey = ({ tenant, agent }: { tenant: string; agent: string }) => this.#key("agent", [tenant, agent]);

  #key(kind: string, names: readonly string[]): string {
    const json = JSON.stringify(names);
    const shard = hash("sha256", json, "buffer").readUInt16BE() % SHARDS;
    return `${this.#prefix}{${kind}s/${shard}}:${kind}:${json}`;
  }
}

/** The hash tag of a key of ours: the prefix holds no brace. */
const shardIn = (key: string) => key.slice(0, key.indexOf("}"));

function pagesOf(all: readonly number[]): number[][] {
  const count = Math.ceil(all.length / KEYS_PER_COMMAND);
  return Array.from({ length: count }, (_, at) =>
    all.slice(at * KEYS_PER_COMMAND, (at + 1) * KEYS_PER_COMMAND),
  );
}

/** Redis takes whole milliseconds after 1970. */
const expiryOf = ({ expiresAtMs }: IndexEntry) => Math.max(1, Math.ceil(expiresAtMs));
const scored = (entry: IndexEntry): CommandPart[] => [expiryOf(entry), JSON.stringify(entry.token)];

/** Expiry, a space, the agent as JSON. */
const recordOf = (entry: IndexEntry) => `${expiryOf(entry)} ${JSON.stringify(entry.agent)}`;
const expiryIn = (value: Buffer) => Number(value.toString("latin1", 0, value.indexOf(" ")));
const agentIn = (value: Buffer): string => JSON.parse(value.toString("utf8", value.indexOf(" ") + 1));
