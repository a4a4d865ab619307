/**
 * One partition of one space: two keys in one slot. `groups` is a hash with a field per group; `meta` is a hash with
 * `position` and `head`.
 *
 * The fence: `head` is the name of the last write, `<lease token>/<random>`. Every write names the head that it follows and
 * the one that it leaves, and the server refuses it when the head is another one. So an older lease cannot write; nor
 * can a write that was given up, or sent twice, once another one has followed, however late it arrives; and a write that had
 * arrived, with the answer lost, does nothing the second time.
 */
import { randomUUID } from "node:crypto";
import { OffgraphError } from "../../../schemas/errors.ts";
import type { Entries, GroupChange, Lease } from "../../ports/store.ts";
import type { RunRequest } from "./attempts.ts";
import type { Command, RedisClient } from "./client.ts";
import { GroupReader } from "./groups.ts";
import type { KnownNames } from "./known-names.ts";
import { covers, NO_NAMES, over, type PackedChange, packedChunk, packedValue, unpack } from "./packing.ts";
import { Replication } from "./replicas.ts";
import { type Write, writeCommand } from "./write.ts";

/** What partitions of one store have in common. */
export interface Surroundings {
  readonly client: RedisClient;
  readonly attempt: RunRequest;
  readonly names: KnownNames;
  readonly replicas: number | "auto" | undefined;
  readonly prefix: string;
}

/** A lease as its holder knows it. */
interface Hold {
  readonly token: string;
  /** The last write; undefined when it is not known which one that was. */
  head: string | undefined;
  /** Of `KnownNames`. */
  term: number;
  /**
   * While writes wait for their commit: the names of which one must be the head, because a server that took over may lack the newest
   * writes. More than one as long as it is not known whether a write has arrived.
   */
  open: Set<string> | undefined;
  /** The last commit that is under way: they follow one another. */
  last: Promise<unknown>;
}

/** Reads and writes one partition; a write of an older lease fails with `fenced`. */
export class RedisPartition {
  readonly #surroundings: Surroundings;
  readonly #replication: Replication;
  readonly #name: string;
  readonly #meta: string;
  readonly #groups: GroupReader;
  #hold: Hold | undefined;

  constructor(surroundings: Surroundings, space: string, partition: number) {
    this.#surroundings = surroundings;
    this.#replication = new Replication(surroundings.client, surroundings.replicas);
    this.#name = `${space}/${partition}`;
    this.#meta = `${surroundings.prefix}{${this.#name}}:meta`;
    this.#groups = new GroupReader(surroundings.client, `${surroundings.prefix}{${this.#name}}:groups`);
  }

  /** Takes the partition over under a new token. */
  async acquire(token: string): Promise<void> {
    const hold = this.#newHold(token);
    await this.#surroundings.attempt(async () => {
      const next = nameOf(token);
      const command = writeCommand(this.#meta, this.#groups.key, {
        head: await this.#readHead(),
        next,
        changes: [],
      });
      await this.#replication.write(command);
      hold.head = next;
    });
    this.#hold = hold;
  }

  async position(): Promise<number> {
    const { client, attempt } = this.#surroundings;
    return Number(await attempt(() => client.send(["hget", this.#meta, "position"])));
  }

  async load(groups: readonly string[]): Promise<ReadonlyMap<string, Entries>> {
    const { attempt, names } = this.#surroundings;
    const term = this.#hold?.term;
    const found = new Map<string, Entries>();
    const values = await attempt(() => this.#groups.values(groups));
    for (const [at, group] of groups.entries()) {
      const value = values[at];
      if (value) found.set(group, unpack(value));
      // A commit meanwhile knows better.
      if (term !== undefined && names.get(term, group) === undefined)
        names.set(term, group, value ? packedValue(group, value).kept : NO_NAMES);
    }
    return found;
  }

  scan(): AsyncIterable<readonly [string, Entries]> {
    return this.#groups.scan(this.#surroundings.attempt);
  }

  /** One write, without the position. */
  write({ token }: Lease, chunk: readonly GroupChange[]): Promise<void> {
    return this.#inTurn(token, { chunks: [packedChunk(chunk)] });
  }

  /** One write per chunk, the position with the last. What of it had arrived when it is tried again is written once more. */
  commit({ token }: Lease, chunks: readonly (readonly GroupChange[])[], position: number): Promise<void> {
    return this.#inTurn(token, { chunks: (chunks.length > 0 ? chunks : [[]]).map(packedChunk), position });
  }

  async #inTurn(token: string, writes: Writes): Promise<void> {
    const hold = this.#holdOf(token);
    const turn = hold.last.then(() =>
      this.#surroundings.attempt((signal) => this.#writeOnce(hold, writes, signal)),
    );
    hold.last = turn.catch(() => undefined);
    await turn;
  }

  async #writeOnce(hold: Hold, { chunks, position }: Writes, signal: AbortSignal): Promise<void> {
    // Of what comes after it is given up, nothing is believed: then another term has begun.
    const { term, token } = hold;
    try {
      let head = hold.head ?? (await this.#headOf(hold));
      for (const [at, changes] of chunks.entries()) {
        const whole = await this.#completed(term, changes);
        signal.throwIfAborted();
        const next = nameOf(token);
        hold.open?.add(next);
        const write = { head, next, changes: whole };
        await this.#write(at === chunks.length - 1 ? { ...write, position } : write);
        head = next;
        for (const { group, value, kept } of whole)
          this.#surroundings.names.set(term, group, value === undefined ? NO_NAMES : kept);
      }
      hold.head = head;
      hold.open = position === undefined ? new Set([head]) : undefined;
    } catch (error) {
      hold.head = undefined;
      hold.term = this.#surroundings.names.newTerm();
      throw error;
    }
  }

  /** Only what has the position waits for replicas: they get all writes in their order. */
  async #write(write: Write): Promise<void> {
    const command = writeCommand(this.#meta, this.#groups.key, write);
    await (write.position === undefined
      ? this.#surroundings.client.send(command)
      : this.#replication.write(command));
  }

  /** The changes with what else there is in their groups, which is read where it is not known that there is nothing else. */
  async #completed(term: number, changes: readonly PackedChange[]): Promise<readonly PackedChange[]> {
    const partial = changes.filter(({ group, names }) => {
      const known = this.#surroundings.names.get(term, group);
      return known === undefined || !covers(names, known);
    });
    if (partial.length === 0) return changes;
    const values = await this.#groups.values(partial.map(({ group }) => group));
    const older = new Map(partial.map(({ group }, at) => [group, values[at]]));
    return changes.map((change) => {
      const value = older.get(change.group);
      return value ? over(packedValue(change.group, value), change) : change;
    });
  }

  async #headOf(hold: Hold): Promise<string> {
    const head = await this.#readHead();
    if (!isOf(hold.token, head))
      throw new OffgraphError("fenced", `${this.#name} has been acquired by another owner`);
    if (hold.open?.has(head) ?? true) return head;
    hold.open = undefined;
    throw new OffgraphError("interrupted", `${this.#name} lacks what was written of it last`);
  }

  async #readHead(): Promise<string> {
    const read: Command = ["hget", this.#meta, "head"];
    return ((await this.#replication.read(read)) as Buffer | null)?.toString() ?? "";
  }

  /** A lease of an earlier opening of the store is good too, as long as nobody has taken over. */
  #holdOf(token: string): Hold {
    if (this.#hold?.token !== token) this.#hold = this.#newHold(token);
    return this.#hold;
  }

  #newHold(token: string): Hold {
    const term = this.#surroundings.names.newTerm();
    return { token, head: undefined, term, open: undefined, last: Promise.resolve() };
  }
}

/** What is written in one go; without a position, a commit follows. */
interface Writes {
  readonly chunks: readonly PackedChange[][];
  readonly position?: number;
}

/** Of a write. */
const nameOf = (token: string) => `${token}/${randomUUID()}`;

const isOf = (token: string, head: string) => head.startsWith(`${token}/`);
