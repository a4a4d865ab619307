/**
 * The owner of one partition of `actions`.
 *
 * Order: commit ledgers, position and what is to be appended (the outbox), all or nothing → append denials → append outcomes →
 * commit the empty outbox. So the intent is durable before the effect. After a crash in between the outbox is appended again:
 * denials are absolute, so a repeat changes nothing, and outcomes carry their origin, so the responder skips a repeat. What was
 * appended is not appended at a later start: by then another agent's release may have lifted the same target.
 */
import type { Action, ActionOutcome, Denial } from "../../schemas/action.ts";
import { type Derived, type Highest, isNew } from "../../schemas/origin.ts";
import type { Clock } from "../ports/clock.ts";
import type { Lease, Store } from "../ports/store.ts";
import type { RecordBatch, Stream } from "../ports/stream.ts";
import { oneAfterTheOther } from "./in-turn.ts";
import { fromBytes } from "./json.ts";
import { addTokens, beyondCap, carryOut, type Ledger, MAX_DENIED, newLedger, uncovered } from "./ledger.ts";
import type { EgressMetrics } from "./metrics.ts";
import { outcomeOf, send, withOrigin } from "./outgoing.ts";
import {
  changesOf,
  ledgerGroup,
  loadHighest,
  loadLedgers,
  loadOutbox,
  loadQuarantined,
  noOutbox,
  type Outbox,
  SPACE,
} from "./stored.ts";

export interface PartitionOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: EgressMetrics;
}

interface Arrival {
  readonly action: Action;
  readonly position: number;
}

/** Ledgers by group. */
type Ledgers = ReadonlyMap<string, Ledger>;

/** Takes a partition over and appends what its last owner may not have appended. */
export async function ownPartition(partition: number, options: PartitionOptions): Promise<PartitionOwner> {
  const { store } = options;
  const lease = await store.acquire(SPACE, partition);
  const position = await store.position(SPACE, partition);
  const highest = await loadHighest(store, SPACE, partition);
  const quarantined = new Map<string, Ledger>();
  for await (const ledger of loadQuarantined(store, partition)) quarantined.set(ledgerGroup(ledger), ledger);
  await sendOnce(options, lease, await loadOutbox(store, partition), position);
  return new PartitionOwner(options, lease, highest, quarantined, position);
}

/** Appends what stands in the outbox, and empties it. */
async function sendOnce(
  { stream, store }: PartitionOptions,
  lease: Lease,
  outbox: Outbox,
  position: number,
): Promise<void> {
  if (outbox.denials.length + outbox.outcomes.length === 0) return;
  await send(stream, outbox);
  await store.commit(lease, [[noOutbox]], position);
}

/** Owns the lease of one partition; what it is asked is done one after the other. */
export class PartitionOwner {
  readonly #options: PartitionOptions;
  readonly #lease: Lease;
  readonly #highest: Highest;
  readonly #quarantined: Map<string, Ledger>;
  #position: number;
  readonly #inTurn = oneAfterTheOther();

  constructor(
    options: PartitionOptions,
    lease: Lease,
    highest: Highest,
    quarantined: Map<string, Ledger>,
    position: number,
  ) {
    this.#options = options;
    this.#lease = lease;
    this.#highest = highest;
    this.#quarantined = quarantined;
    this.#position = position;
  }

  /** Where to read on. */
  get position(): number {
    return this.#position;
  }

  /** Carries out a batch of actions. Rejects with `fenced`, having done nothing, when another process has taken over. */
  absorb(batch: RecordBatch): Promise<void> {
    return this.#inTurn(() => this.#absorb(batch));
  }

  /** Denies the tokens that agents under quarantine have got since. */
  follow(): Promise<void> {
    return this.#inTurn(() => this.#follow());
  }

  async #absorb(batch: RecordBatch): Promise<void> {
    const arrivals = newActions(batch, this.#highest);
    const groups = new Set(arrivals.map(({ action }) => ledgerGroup(action)));
    const before = await loadLedgers(this.#options.store, this.#lease.partition, [...groups]);
    const after = new Map(before);
    const denials: Derived<Denial>[] = [];
    const outcomes: Derived<ActionOutcome>[] = [];
    for (const arrival of arrivals) {
      const done = await this.#carryOut(arrival, after.get(ledgerGroup(arrival.action)));
      after.set(ledgerGroup(arrival.action), done.ledger);
      denials.push(...this.#derived("egress", arrival.position, done.denials));
      outcomes.push(...this.#derived("egress", arrival.position, [done.outcome]));
    }
    this.#position = (batch.positions[batch.count - 1] ?? -1) + 1;
    await this.#write(before, after, { denials, outcomes });
    this.#options.metrics.outcomes(outcomes.map(({ value }) => value));
  }

  async #carryOut({ action, position }: Arrival, known: Ledger | undefined) {
    const ledger = known ?? newLedger(action);
    const tokens = action.kind === "quarantine" ? await this.#tokensOf(ledger) : [];
    const nowMs = this.#options.clock.now();
    const done = carryOut(ledger, { action, position }, tokens, nowMs);
    return { ...done, outcome: outcomeOf(action, done, nowMs) };
  }

  async #tokensOf(ledger: Ledger): Promise<string[]> {
    const { store, clock, metrics } = this.#options;
    const entries = await store.tokensOf(ledger.tenant, ledger.agent, clock.now(), MAX_DENIED);
    const tokens = entries.map(({ token }) => token);
    metrics.beyondCap(beyondCap(ledger, tokens));
    return tokens;
  }

  async #follow(): Promise<void> {
    const nowMs = this.#options.clock.now();
    for (const [group, ledger] of this.#quarantined) {
      const { quarantine } = ledger;
      if (quarantine === undefined || quarantine.untilMs <= nowMs) this.#quarantined.delete(group);
      else await this.#followOne(group, ledger, quarantine.position);
    }
  }

  async #followOne(group: string, ledger: Ledger, since: number): Promise<void> {
    const tokens = uncovered(ledger, await this.#tokensOf(ledger));
    if (tokens.length === 0) return;
    const { ledger: after, denials } = addTokens(ledger, tokens, this.#options.clock.now());
    const outbox = { denials: this.#derived("egress:follow", since, denials), outcomes: [] };
    await this.#write(new Map([[group, ledger]]), new Map([[group, after]]), outbox);
    this.#options.metrics.followed(tokens.length);
  }

  #derived<Value>(stage: string, position: number, values: readonly Value[]): Derived<Value>[] {
    return withOrigin(values, { stage, partition: this.#lease.partition, position });
  }

  async #write(before: Ledgers, after: Ledgers, outbox: Outbox): Promise<void> {
    const changes = changesOf(before, after, outbox, this.#highest);
    await this.#options.store.commit(this.#lease, [changes], this.#position);
    await sendOnce(this.#options, this.#lease, outbox, this.#position);
    for (const [group, ledger] of after) {
      if (ledger.quarantine === undefined) this.#quarantined.delete(group);
      else this.#quarantined.set(group, ledger);
    }
  }
}

function newActions(batch: RecordBatch, highest: Highest): Arrival[] {
  const found: Arrival[] = [];
  for (let at = 0; at < batch.count; at++) {
    const derived = fromBytes<Derived<Action>>(batch.bytes.subarray(batch.starts[at], batch.ends[at]));
    if (derived === undefined || !isNew(highest, derived.origin)) continue;
    found.push({ action: derived.value, position: batch.positions[at] ?? 0 });
  }
  return found;
}
