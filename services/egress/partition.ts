/**
 * The owner of one partition of `actions`.
 *
 * Order: commit ledgers, position and what is to be appended, all or nothing → append denials → append outcomes; `outbox.ts` says
 * what a crash in between does. Denials are absolute, so a repeat changes nothing, and outcomes carry their origin, so the
 * responder skips a repeat.
 */
import type { Action, ActionOutcome, Denial } from "../../schemas/action.ts";
import type { Derived, Highest, Passage } from "../../schemas/origin.ts";
import { inTurnUntilOneFails } from "../in-turn.ts";
import { type Outbox, openOutbox } from "../outbox.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { RecordBatch, Stream } from "../ports/stream.ts";
import { type Arrival, endOf, newIn } from "../records.ts";
import {
  addTokens,
  beyondCap,
  carryOut,
  type DenialLedger,
  MAX_DENIED,
  newLedger,
  uncovered,
  withoutPast,
} from "./ledger.ts";
import { countOutcome, followPutOff, tokensBeyondCap, tokensFollowed } from "./metrics.ts";
import { type Mail, outcomeOf, send, withOrigin } from "./outgoing.ts";
import {
  changesOf,
  ledgerGroup,
  loadHighest,
  loadLedgers,
  loadQuarantined,
  loadStale,
  SPACE,
} from "./stored.ts";
import { onward, spanOf } from "./traces.ts";

interface PartitionOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
}

/** Most ledgers that one sweep changes; the next one goes on. */
const MAX_SWEPT = 1000;

/** Ledgers by group. */
type Ledgers = ReadonlyMap<string, DenialLedger>;

/** Takes a partition over and appends what its last owner may not have appended. */
export async function ownEgressPartition(
  partition: number,
  options: PartitionOptions,
): Promise<EgressPartition> {
  const { store, stream } = options;
  const lease = await store.acquire(SPACE, partition);
  const commit = await openOutbox<Mail>({ store, lease, deliver: (mail) => send(stream, mail) });
  const quarantined = new Map<string, DenialLedger>();
  for await (const ledger of loadQuarantined(store, partition)) quarantined.set(ledgerGroup(ledger), ledger);
  return new EgressPartition(options, {
    partition,
    commit,
    quarantined,
    highest: await loadHighest(store, SPACE, partition),
    position: await store.position(SPACE, partition),
  });
}

/** What an owner has taken over. */
interface Taken {
  readonly partition: number;
  readonly commit: Outbox<Mail>;
  readonly highest: Highest;
  readonly quarantined: Map<string, DenialLedger>;
  readonly position: number;
}

/** Owns the lease of one partition; what it is asked is done one after the other. */
export class EgressPartition {
  readonly #options: PartitionOptions;
  readonly #partition: number;
  readonly #commit: Outbox<Mail>;
  readonly #highest: Highest;
  readonly #quarantined: Map<string, DenialLedger>;
  #position: number;
  readonly #inTurn = inTurnUntilOneFails();

  constructor(options: PartitionOptions, { partition, commit, highest, quarantined, position }: Taken) {
    this.#options = options;
    this.#partition = partition;
    this.#commit = commit;
    this.#highest = highest;
    this.#quarantined = quarantined;
    this.#position = position;
  }

  /** Where to read on. */
  get position(): number {
    return this.#position;
  }

  /** Agents under quarantine. */
  get quarantined(): number {
    return this.#quarantined.size;
  }

  /** Carries out a batch of actions. Rejects with `fenced`, having done nothing, when another process has taken over. */
  absorb(batch: RecordBatch): Promise<void> {
    return this.#inTurn(() => this.#absorb(batch));
  }

  /** Denies the tokens that agents under quarantine have got since; looks at `most` agents, those first that have waited longest. */
  follow(most: number): Promise<void> {
    return this.#inTurn(() => this.#follow(most));
  }

  /** Forgets what is over, so that the store does not keep it for ever. */
  async sweep(): Promise<void> {
    const { store, clock } = this.#options;
    const stale = await loadStale(store, this.#partition, clock.now(), MAX_SWEPT);
    if (stale.length > 0) await this.#inTurn(() => this.#forget(stale));
  }

  async #absorb(batch: RecordBatch): Promise<void> {
    const arrivals = newIn<Action>(batch, this.#highest);
    const groups = new Set(arrivals.map(({ value }) => ledgerGroup(value)));
    const before = await loadLedgers(this.#options.store, this.#partition, [...groups]);
    const after = new Map(before);
    const denials: Derived<Denial>[] = [];
    const outcomes: Derived<ActionOutcome>[] = [];
    const spans = arrivals.map(spanOf);
    for (const [at, arrival] of arrivals.entries()) {
      const done = await this.#carryOut(arrival, after.get(ledgerGroup(arrival.value)));
      after.set(ledgerGroup(arrival.value), done.ledger);
      denials.push(...this.#derived("egress", arrival.position, done.denials));
      outcomes.push(...this.#derived("egress", arrival.position, [done.outcome], onward(arrival, spans[at])));
    }
    this.#position = endOf(batch);
    await this.#write(before, after, { denials, outcomes });
    const nowMs = this.#options.clock.now();
    for (const [at, { value, foundAtMs }] of arrivals.entries()) {
      const outcome = outcomes[at]?.value;
      if (outcome) countOutcome(value, outcome, { nowMs, foundAtMs });
      spans[at]?.end();
    }
  }

  async #carryOut({ value: action, position }: Arrival<Action>, known: DenialLedger | undefined) {
    const ledger = known ?? newLedger(action);
    const tokens = action.kind === "quarantine" ? await this.#tokensOf(ledger) : [];
    const nowMs = this.#options.clock.now();
    const done = carryOut(ledger, { action, position }, tokens, nowMs);
    return { ...done, outcome: outcomeOf(action, done, nowMs) };
  }

  async #tokensOf(ledger: DenialLedger): Promise<string[]> {
    const { store, clock } = this.#options;
    const entries = await store.tokensOf(ledger.tenant, ledger.agent, clock.now(), MAX_DENIED);
    const tokens = entries.map(({ token }) => token);
    tokensBeyondCap.add(beyondCap(ledger, tokens));
    return tokens;
  }

  async #follow(most: number): Promise<void> {
    const nowMs = this.#options.clock.now();
    for (const [group, { quarantine }] of this.#quarantined)
      if (quarantine === undefined || quarantine.untilMs <= nowMs) this.#quarantined.delete(group);
    followPutOff.add(Math.max(0, this.#quarantined.size - most));
    for (const [group, ledger] of [...this.#quarantined].slice(0, most)) {
      // Back to the end of the queue.
      this.#quarantined.delete(group);
      this.#quarantined.set(group, ledger);
      await this.#followOne(group, ledger, ledger.quarantine?.position ?? 0);
    }
  }

  /** Loaded again, because in the meantime an action may have changed them. */
  async #forget(groups: readonly string[]): Promise<void> {
    const { store, clock } = this.#options;
    const before = await loadLedgers(store, this.#partition, groups);
    const nowMs = clock.now();
    const after = new Map([...before].map(([group, ledger]) => [group, withoutPast(ledger, nowMs)]));
    await this.#write(before, after, { denials: [], outcomes: [] });
  }

  async #followOne(group: string, ledger: DenialLedger, since: number): Promise<void> {
    const tokens = uncovered(ledger, await this.#tokensOf(ledger));
    if (tokens.length === 0) return;
    const { ledger: after, denials } = addTokens(ledger, tokens, this.#options.clock.now());
    const mail = { denials: this.#derived("egress:follow", since, denials), outcomes: [] };
    await this.#write(new Map([[group, ledger]]), new Map([[group, after]]), mail);
    tokensFollowed.add(tokens.length);
  }

  #derived<Value>(stage: string, position: number, values: readonly Value[], passage?: Passage) {
    return withOrigin(values, { stage, partition: this.#partition, position }, passage);
  }

  async #write(before: Ledgers, after: Ledgers, mail: Mail): Promise<void> {
    const isEmpty = mail.denials.length + mail.outcomes.length === 0;
    await this.#commit(changesOf(before, after, this.#highest), isEmpty ? undefined : mail, this.#position);
    for (const [group, ledger] of after) {
      if (ledger.quarantine === undefined) this.#quarantined.delete(group);
      else this.#quarantined.set(group, ledger);
    }
  }
}
