/**
 * The owner of one partition. Findings, decisions and outcomes of an agent meet here, one batch after the other.
 *
 * Order: fold the batch → commit audit entries, which count only with the head → commit states, head (positions and the end of
 * the audit chain) and the actions to send (the outbox), all or nothing → send the actions → commit the empty outbox.
 * So the intent is durable before the effect. After a crash in between the outbox is sent again with the same ids and origins, and
 * the receiver skips what it has.
 */
import type { KeyObject } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { partitionOf, type RecordBatch, type Stream } from "../ports/stream.ts";
import { type AuditEntry, type AuditHead, nextEntry } from "./audit.ts";
import type { Bucket } from "./cap.ts";
import { toBytes } from "./json.ts";
import type { ResponderMetrics } from "./metrics.ts";
import { type AuditRecord, type Context, timestamp } from "./state.ts";
import {
  AUDIT_SPACE,
  auditChangesOf,
  changesOf,
  type Input,
  loadHead,
  noOutbox,
  type Outbox,
  SPACE,
} from "./stored.ts";
import { arrivals, fold } from "./turn.ts";

export interface PartitionOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Context["settings"];
  /** Ed25519 private key that signs the audit log; absent: the log is chained, but not signed. */
  readonly auditKey?: KeyObject | undefined;
  readonly metrics: ResponderMetrics;
  readonly bucket: Bucket;
}

export interface PartitionOwner {
  /** Where to read on. */
  positionOf(input: Input): number;
  /** Absorbs a batch. Rejects with `fenced`, having written nothing, when another process has taken over. */
  absorb(input: Input, batch: RecordBatch): Promise<void>;
}

/** Takes the partition over and sends what its last owner may not have sent. */
export async function ownPartition(partition: number, options: PartitionOptions): Promise<PartitionOwner> {
  const { store, stream, clock, settings, metrics, bucket } = options;
  const lease = await store.acquire(SPACE, partition);
  // After the first: whoever still writes audit entries then cannot make them count.
  const auditLease = await store.acquire(AUDIT_SPACE, partition);
  const last = await loadHead(store, partition);
  let head = last.head;
  await sendOnce(last.outbox);

  async function absorb(input: Input, batch: RecordBatch): Promise<void> {
    const nowMs = clock.now();
    const highest = new Map(head.highest);
    const found = arrivals(input, batch, highest);
    const turn = await fold(found, { store, partition, bucket, settings, nowMs });
    const entries = chain(turn.audit, head.audit, {
      partition,
      time: timestamp(nowMs),
      key: options.auditKey,
    });
    const { sequence, hash } = entries.at(-1) ?? head.audit;
    const positions = { ...head.positions, [input]: (batch.positions[batch.count - 1] ?? -1) + 1 };
    head = { positions, highest, audit: { sequence, hash } };
    if (entries.length > 0) await store.commit(auditLease, [auditChangesOf(turn.states, entries)], sequence);
    await store.commit(lease, [changesOf(turn, head)], positions.findings);
    await sendOnce(turn.outbox);
    metrics.count(turn);
  }

  /** Sends what stands in the outbox, and empties it, so that it is not sent at every start. */
  async function sendOnce(outbox: Outbox): Promise<void> {
    if (outbox.length === 0) return;
    await send(stream, outbox);
    await store.commit(lease, [[noOutbox]], head.positions.findings);
  }

  return { positionOf: (input) => head.positions[input], absorb: inTurn(absorb) };
}

/** The records as entries that follow the head. */
function chain(
  records: readonly AuditRecord[],
  head: AuditHead,
  { partition, time, key }: { partition: number; time: string; key: KeyObject | undefined },
): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const record of records)
    entries.push(nextEntry(entries.at(-1) ?? head, { partition, time, record }, key));
  return entries;
}

/** Actions are keyed like findings, so that egress too has one owner of all that concerns an agent. */
async function send(stream: Stream, outbox: Outbox): Promise<void> {
  await stream.append(
    outbox.map((derived) => ({
      stream: "actions",
      partition: partitionOf(`${derived.value.tenant}/${derived.value.agent}`, stream.partitions),
      value: toBytes(derived),
    })),
  );
}

/** One call after the other. Once a call has failed all later ones do, because what it left half done is not known. */
function inTurn<Args extends unknown[]>(
  task: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  let last = Promise.resolve();
  return (...args) => {
    last = last.then(() => task(...args));
    return last;
  };
}
