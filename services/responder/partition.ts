/**
 * The owner of one partition. Findings, decisions and outcomes of an agent meet here, one batch after the other.
 *
 * Order: fold the batch → commit audit entries, which count only with the head → commit states, head (positions and the end of
 * the audit chain) and the actions to send, all or nothing → send the actions; `outbox.ts` says what a crash in between does.
 */
import type { KeyObject } from "node:crypto";
import type { Action } from "../../schemas/action.ts";
import type { Derived } from "../../schemas/origin.ts";
import { oneAfterTheOther } from "../in-turn.ts";
import { openOutbox } from "../outbox.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { partitionOf, type RecordBatch, type Stream } from "../ports/stream.ts";
import { endOf, toBytes } from "../records.ts";
import { type AuditEntry, type AuditHead, nextEntry } from "./audit.ts";
import type { Bucket } from "./cap.ts";
import { countAll } from "./metrics.ts";
import { type AuditRecord, type Context, timestamp } from "./state.ts";
import { AUDIT_SPACE, auditChangesOf, changesOf, type Input, loadHead, SPACE } from "./stored.ts";
import { arrivals, fold } from "./turn.ts";

export interface PartitionOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Context["settings"];
  /** Ed25519 private key that signs the audit log; absent: the log is chained, but not signed. */
  readonly auditKey?: KeyObject | undefined;
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
  const { store, stream, clock, settings, bucket } = options;
  const lease = await store.acquire(SPACE, partition);
  // After the first: whoever still writes audit entries then cannot make them count.
  const auditLease = await store.acquire(AUDIT_SPACE, partition);
  const commit = await openOutbox<Actions>({ store, lease, deliver: (actions) => send(stream, actions) });
  let head = await loadHead(store, partition);
  const inTurn = oneAfterTheOther();

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
    const positions = { ...head.positions, [input]: endOf(batch) };
    head = { positions, highest, audit: { sequence, hash } };
    if (entries.length > 0) await store.commit(auditLease, [auditChangesOf(turn.states, entries)], sequence);
    const mail = turn.actions.length > 0 ? turn.actions : undefined;
    await commit(changesOf(turn.states, head), mail, positions.findings);
    countAll(turn.audit);
  }

  return {
    positionOf: (input) => head.positions[input],
    absorb: (input, batch) => inTurn(() => absorb(input, batch)),
  };
}

/** Actions on their way, each with its origin. */
type Actions = readonly Derived<Action>[];

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
async function send(stream: Stream, actions: Actions): Promise<void> {
  await stream.append(
    actions.map((derived) => ({
      stream: "actions",
      partition: partitionOf(`${derived.value.tenant}/${derived.value.agent}`, stream.partitions),
      value: toBytes(derived),
    })),
  );
}
