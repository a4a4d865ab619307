/**
 * A member of a consumer group: joins, hears what it is given, and gives signs of life on its own clock, however long a batch
 * takes. With an instance id it is a static member (KIP-345): a restarted process takes its place at once.
 */
import type { GroupMember } from "kafkajs";
import { OffgraphError } from "../../../schemas/errors.ts";
import { decodeShare, encodeClaim, PROTOCOL, shareOut } from "./assigner.ts";
import type { Api, KafkaClient } from "./client.ts";
import { isPassing, refused, rootOf, typeOf } from "./failures.ts";

interface MembershipOptions {
  readonly client: KafkaClient;
  readonly groupId: string;
  readonly instanceId?: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly partitions: number;
  readonly signal: AbortSignal;
  /** Topics of the group in this process. */
  readonly topics: () => readonly string[];
  /** Partitions that this process holds. */
  readonly owned: () => readonly number[];
  /**
   * These partitions are given to this process. `isContinuous`: nobody else can have had those that it held; else somebody
   * may, and what is known of them is old.
   */
  readonly assigned: (partitions: ReadonlySet<number>, isContinuous: boolean) => void;
}

interface Joined {
  readonly generationId: number;
  readonly memberId: string;
  readonly leaderId: string;
  readonly members: readonly GroupMember[];
}

/** How long a rebalance waits for members, in ms. A member joins at once, whatever it is doing. */
const REBALANCE_TIMEOUT_MS = 60_000;
const PAUSE_MS = 250;
/** Leaving is a courtesy: without it the session runs out. */
const LEAVE_TIMEOUT_MS = 2000;
const REJOIN = new Set([
  "REBALANCE_IN_PROGRESS",
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "MEMBER_ID_REQUIRED",
]);

export class Membership {
  readonly #options: MembershipOptions;
  #memberId = "";
  #generation = -1;
  /** Whether a generation has gone by without this member since it was last given something. */
  #hasGap = false;
  #coordinator: number | undefined;
  /** When the group last answered: the time at which it was asked. */
  #heardMs = Number.NEGATIVE_INFINITY;
  /** While it waits for the others to join, no signs are expected of it. */
  #isJoining = false;
  #wantsToJoin = true;
  #wake = new AbortController();

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Whether the group still counts on this member; if not, its partitions may be somebody else's. */
  get isAlive(): boolean {
    const lastsMs = this.#isJoining ? REBALANCE_TIMEOUT_MS : this.#options.sessionTimeoutMs;
    return performance.now() < this.#heardMs + lastsMs;
  }

  /** Joins anew, because what it holds or wants has changed. */
  rejoin(): void {
    this.#wantsToJoin = true;
    this.#wake.abort();
  }

  /** Resolves when the signal comes. Errors: `fenced` when another process has this instance id; what `refused` says. */
  async run(): Promise<void> {
    const { signal, client, groupId } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#wantsToJoin) await this.#join();
        else await this.#giveSign();
      } catch (error) {
        if (signal.aborted) return;
        if (!this.#recover(error)) throw this.#failure(error, groupId);
        if (isPassing(error)) await client.pause(PAUSE_MS, signal);
        if (isPassing(error)) await client.refresh();
      }
    }
  }

  /** Gives the partitions to others at once. A static member does not: it is expected to come back. */
  async leave(): Promise<void> {
    const { groupId, instanceId, client } = this.#options;
    if (this.#memberId === "" || instanceId !== undefined) return;
    const leaving = this.#send("leaveGroup", { groupId, members: [{ memberId: this.#memberId }] });
    await Promise.race([leaving.catch(() => {}), client.pause(LEAVE_TIMEOUT_MS)]);
  }

  /** Notes in the group how far a partition has been read. Errors: those of the request. */
  async acknowledge(topic: string, partition: number, position: number): Promise<void> {
    const topics = [{ topic, partitions: [{ partition, offset: `${position}` }] }];
    const { groupId } = this.#options;
    await this.#send("offsetCommit", {
      memberId: this.#memberId,
      groupId,
      groupGenerationId: this.#generation,
      topics,
    });
  }

  async #join(): Promise<void> {
    const { groupId, sessionTimeoutMs, topics, owned } = this.#options;
    this.#wantsToJoin = false;
    this.#wake = new AbortController();
    const claim = { owned: this.#hasGap ? [] : owned(), generation: this.#generation };
    const args = {
      ...this.#me(),
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      protocolType: "consumer",
      groupProtocols: [{ name: PROTOCOL, metadata: encodeClaim(topics(), claim) }],
    };
    this.#isJoining = true;
    const joining = this.#send<Joined>("joinGroup", args, REBALANCE_TIMEOUT_MS + sessionTimeoutMs);
    const joined = await joining.finally(() => {
      this.#isJoining = false;
    });
    const skipped = joined.generationId - this.#generation;
    if (skipped !== 0 && skipped !== 1) this.#hasGap = true;
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    await this.#sync(joined);
  }

  async #sync({ leaderId, memberId, generationId, members }: Joined): Promise<void> {
    const { groupId, partitions, assigned } = this.#options;
    this.#heardMs = performance.now();
    const groupAssignment = leaderId === memberId ? shareOut(members, partitions) : [];
    const { memberAssignment } = await this.#send<{ memberAssignment: Buffer }>("syncGroup", {
      ...this.#me(),
      groupId,
      generationId,
      groupAssignment,
    });
    const isContinuous = !this.#hasGap;
    this.#hasGap = false;
    assigned(decodeShare(memberAssignment), isContinuous);
  }

  async #giveSign(): Promise<void> {
    const { groupId, sessionTimeoutMs, client } = this.#options;
    await client.pause(sessionTimeoutMs / 10, AbortSignal.any([this.#wake.signal, this.#options.signal]));
    if (this.#wantsToJoin || this.#options.signal.aborted) return;
    const sentMs = performance.now();
    await this.#send(
      "heartbeat",
      { ...this.#me(), groupId, groupGenerationId: this.#generation },
      sessionTimeoutMs,
    );
    this.#heardMs = sentMs;
  }

  #me() {
    return { memberId: this.#memberId, groupInstanceId: this.#options.instanceId ?? null };
  }

  async #send<Answer>(api: Api, args: object, requestTimeoutMs?: number): Promise<Answer> {
    const { client, groupId } = this.#options;
    this.#coordinator ??= await client.coordinatorOf(groupId);
    return client.request<Answer>(this.#coordinator, api, args, requestTimeoutMs ? { requestTimeoutMs } : {});
  }

  /** Whether it can go on after this. */
  #recover(error: unknown): boolean {
    const type = typeOf(error) ?? "";
    if (type === "MEMBER_ID_REQUIRED")
      this.#memberId = (rootOf(error) as { memberId?: string }).memberId ?? "";
    if (type === "UNKNOWN_MEMBER_ID") this.#memberId = "";
    if (type === "UNKNOWN_MEMBER_ID" || type === "ILLEGAL_GENERATION")
      this.#heardMs = Number.NEGATIVE_INFINITY;
    if (REJOIN.has(type)) this.#wantsToJoin = true;
    else if (isPassing(error)) this.#coordinator = undefined;
    else return false;
    return true;
  }

  #failure(error: unknown, groupId: string): OffgraphError {
    if (typeOf(error) !== "FENCED_INSTANCE_ID") return refused(error, `group ${groupId}`);
    return new OffgraphError(
      "fenced",
      `kafka: another process is ${this.#options.instanceId} in the group ${groupId}`,
    );
  }
}
