/**
 * Acknowledged means that a failover does not lose it. Redis answers before its replicas have anything, so a write is followed
 * by WAIT, on the same connection: WAIT covers what came before on its own connection only.
 *
 * A failover promotes the replica that has most, so one replica that has a write is enough, as long as it is alive.
 * With `auto`, a primary to which no replica is connected acknowledges alone, or nothing would go on after a failover.
 * So does one whose replica still makes its first copy.
 * _The hole:_ a primary that is cut off from its replicas and from the Sentinels does so too, and so does one that was killed and is back before
 * its replica has found it again, until it is told that it is none any more: `min-replicas-to-write 1` in its own settings closes it. A
 * number instead of `auto` closes it on our side.
 */
import type { Command, RedisClient } from "./client.ts";
import { NotReplicated } from "./faults.ts";

/** How long a replica may take to say that it has a write. The connection does nothing else meanwhile. */
const WAIT_MS = 1000;

/** Writes to one primary. */
export class Replication {
  readonly #client: RedisClient;
  readonly #wanted: number | "auto";
  /** Replicas that were connected when we looked last. */
  #connected = 0;

  constructor(client: RedisClient, wanted: number | "auto" = "auto") {
    this.#client = client;
    this.#wanted = wanted;
  }

  /**
   * A read that also looks how many replicas there are. It goes alone first: in a Cluster only a command that goes alone is led to
   * the slot's new master.
   */
  async read(command: Command): Promise<unknown> {
    const first = await this.#client.send(command);
    if (this.#wanted === 0) return first;
    const [answer, role] = await this.#client.sendAll([command, ["role"]]);
    this.#connected = replicasIn(role);
    return answer;
  }

  /** Resolves when as many replicas have it as were asked for. */
  async write(command: Command): Promise<void> {
    const wanted = this.#wanted === "auto" ? Math.min(1, this.#connected) : this.#wanted;
    const waitMs = Math.min(WAIT_MS, Math.ceil(this.#client.silenceMs / 2));
    const waiting: Command[] = wanted > 0 ? [["wait", wanted, waitMs]] : [];
    const looking: Command[] = this.#wanted === 0 ? [] : [["role"]];
    const answers = await this.#client.sendAll([command, ...waiting, ...looking]);
    if (this.#wanted === 0) return;
    this.#connected = replicasIn(answers.at(-1));
    if (this.#wanted === "auto" && this.#connected === 0) return;
    // A replica has come since we looked last: the write waits for it after all.
    const have = wanted > 0 ? answers[1] : (await this.#client.sendAll([["wait", 1, waitMs]]))[0];
    const needed = Math.max(1, wanted);
    if (Number(have) < needed) throw new NotReplicated(`${have} of ${needed} have the last commit`);
  }
}

/** Replicas that ROLE lists of a primary; those that still copy are not among them. */
function replicasIn(role: unknown): number {
  const replicas = Array.isArray(role) ? role[2] : undefined;
  return Array.isArray(replicas) ? replicas.length : 0;
}
