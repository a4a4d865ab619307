/** The groups of a partition: one hash, a field per group. */
import type { Entries } from "../../ports/store.ts";
import type { RunRequest } from "./attempts.ts";
import type { Command, RedisClient } from "./client.ts";
import { unpack } from "./packing.ts";

/** Groups that are read with one command, so that no answer stops the server or fills our memory. */
const GROUPS_PER_READ = 1000;

/** JSON keeps lone surrogates apart, which UTF-8 would all turn into one character. */
export const fieldOf = (group: string): string => JSON.stringify(group);
const groupOf = (field: Buffer): string => JSON.parse(field.toString());

/** Reads them. */
export class GroupReader {
  /** Of the hash. */
  readonly key: string;
  readonly #client: RedisClient;

  constructor(client: RedisClient, key: string) {
    this.#client = client;
    this.key = key;
  }

  /** Packed, in the order of the groups; null for those that are not there. */
  async values(groups: readonly string[]): Promise<readonly (Buffer | null)[]> {
    const values: (Buffer | null)[] = [];
    for (let from = 0; from < groups.length; from += GROUPS_PER_READ) {
      const fields = groups.slice(from, from + GROUPS_PER_READ).map(fieldOf);
      const page = (await this.#client.send(["hmget", this.key, ...fields])) as (Buffer | null)[];
      values.push(...page);
    }
    return values;
  }

  /** All of them. HSCAN may give a group twice, so their names are kept until the end. */
  async *scan(attempt: RunRequest): AsyncGenerator<readonly [string, Entries]> {
    const seen = new Set<string>();
    let cursor = "0";
    do {
      const read: Command = ["hscan", this.key, cursor, "COUNT", GROUPS_PER_READ];
      const [next, pairs] = (await attempt(() => this.#client.send(read))) as [Buffer, Buffer[]];
      for (let at = 0; at < pairs.length; at += 2) {
        const group = groupOf(pairs[at]!);
        if (!seen.has(group)) yield [group, unpack(pairs[at + 1]!)];
        seen.add(group);
      }
      cursor = next.toString();
    } while (cursor !== "0");
  }
}
