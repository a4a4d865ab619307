/**
 * Deliveries of one partition that are not over yet, in memory and in the store. A finding is taken in together with the
 * position that was read, and leaves when it was delivered or set aside; so a restart goes on where it was.
 */
import type { Finding } from "../../../../schemas/finding.ts";
import { inTurnUntilOneFails } from "../../../in-turn.ts";
import type { GroupChange, Store } from "../../../ports/store.ts";
import type { RecordBatch } from "../../../ports/stream.ts";
import { fromBytes, toBytes } from "../../../records.ts";
import { type FindingIntake, openFindingIntake } from "../intake.ts";

/** A finding on its way to one webhook. */
export interface Delivery {
  readonly finding: Finding;
  /** Attempts made so far. */
  readonly attempts: number;
  /** Wall clock of the next attempt. */
  readonly dueMs: number;
}

const PENDING = "pending\n";
const ENDPOINT = "endpoint";

/** Opens the queue of one partition of a webhook's space. */
export async function openQueue(store: Store, space: string, partition: number): Promise<Queue> {
  const intake = await openFindingIntake(store, space, partition);
  const pending = new Map<string, Delivery>();
  let disabled: string | undefined;
  for await (const [group, entries] of store.scan(space, partition)) {
    const delivery = group.startsWith(PENDING) && fromBytes<Delivery>(entries.get("json"));
    if (delivery) pending.set(delivery.finding.id, delivery);
    if (group === ENDPOINT) disabled = fromBytes<string>(entries.get("json"));
  }
  return new Queue(intake, pending, disabled);
}

/** Owns the lease of one partition; its writes are done one after the other. */
export class Queue {
  readonly #intake: FindingIntake;
  readonly #pending: Map<string, Delivery>;
  readonly #inTurn = inTurnUntilOneFails();
  #disabled: string | undefined;

  constructor(intake: FindingIntake, pending: Map<string, Delivery>, disabled: string | undefined) {
    this.#intake = intake;
    this.#pending = pending;
    this.#disabled = disabled;
  }

  /** Mark of the endpoint that wants no more; see `disable`. */
  get disabled(): string | undefined {
    return this.#disabled;
  }

  get position(): number {
    return this.#intake.position;
  }

  /** In the order of taking in. */
  get deliveries(): readonly Delivery[] {
    return [...this.#pending.values()];
  }

  get size(): number {
    return this.#pending.size;
  }

  /** True while a delivery is neither over nor set aside. */
  has({ finding }: Delivery): boolean {
    return this.#pending.has(finding.id);
  }

  /** Takes in the new findings of a batch that are `wanted`. */
  take(batch: RecordBatch, wanted: (finding: Finding) => boolean, nowMs: number): Promise<void> {
    return this.#inTurn(async () => {
      const findings = this.#intake.newFindings(batch).filter(wanted);
      const deliveries = findings.map((finding) => ({ finding, attempts: 0, dueMs: nowMs }));
      await this.#intake.commit(deliveries.map(keep));
      for (const delivery of deliveries) this.#pending.set(delivery.finding.id, delivery);
    });
  }

  /** Notes that a delivery is to be tried again, unless it is over by the time that its turn comes. */
  postpone(delivery: Delivery): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.has(delivery)) return;
      await this.#intake.commit([keep(delivery)]);
      this.#pending.set(delivery.finding.id, delivery);
    });
  }

  /** Forgets deliveries that need no further attempt. */
  remove(deliveries: readonly Delivery[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#intake.commit(deliveries.map(forget));
      for (const { finding } of deliveries) this.#pending.delete(finding.id);
    });
  }

  /** Remembers that the endpoint with this mark wants no more. */
  async disable(mark: string): Promise<void> {
    const entries = new Map([["json", toBytes(mark)]]);
    await this.#inTurn(() => this.#intake.commit([{ group: ENDPOINT, entries }]));
    this.#disabled = mark;
  }
}

const keep = (delivery: Delivery): GroupChange => change(delivery, toBytes(delivery));
const forget = (delivery: Delivery): GroupChange => change(delivery, undefined);
const change = ({ finding }: Delivery, bytes: Uint8Array | undefined): GroupChange => ({
  group: PENDING + finding.id,
  entries: new Map([["json", bytes]]),
});
