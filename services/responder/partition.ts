/**
 * The owner of one partition. Findings, decisions and outcomes of an agent meet here, one batch after the other.
 *
 * Order: fold the batch → commit audit entries, which count only with the head → commit states, head (positions and the end of
 * the audit chain) and the actions to send, all or nothing → send the actions; `outbox.ts` says what a crash in between does.
 */

import type { KeyObject } from "node:crypto";
import type { Action } from "../../schemas/action.ts";
import { isoTime } from "../../schemas/ids.ts";
import type { Derived } from "../../schemas/origin.ts";
import { inTurnUntilOneFails } from "../in-turn.ts";
import { type Outbox, openOutbox } from "../outbox.ts";
import type { Clock } from "../ports/clock.ts";
import type { GroupChange, Lease, Store } from "../ports/store.ts";
import { partitionOf, type RecordBatch, type Stream } from "../ports/stream.ts";
import { endOf, toBytes } from "../records.ts";
import { type AuditEntry, type AuditHead, nextEntry } from "./audit.ts";
import { writeAuditFile } from "./audit-files.ts";
import { AUDIT_SPACE, auditChangesOf, removalOf, storedEntries, withoutPlaces } from "./audit-stored.ts";
import type { Bucket } from "./cap.ts";
import { countAll } from "./metrics.ts";
import { loadOld, withoutOld } from "./retention.ts";
import type { RolloutOf } from "./rollout-register.ts";
import type { AgentState, AuditRecord, ResponderContext } from "./state.ts";
import {
  changesOf,
  type Head,
  type InputStream,
  loadAgents,
  loadHead,
  SPACE,
  type States,
} from "./stored.ts";
import { arrivals, fold } from "./turn.ts";

/** What one partition of the responder works on. */
export interface ResponderPartitionOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: ResponderContext["settings"];
  readonly causes: ResponderContext["causes"];
  /** Ed25519 private key that signs the audit log; absent: the log is chained, but not signed. */
  readonly auditKey?: KeyObject | undefined;
  /** Where the older part of the audit log goes when the part in the store has grown to so many bytes; absent: nowhere. */
  readonly auditFiles?: { readonly folder: string; readonly maxBytes: number } | undefined;
  /** How long closed incidents are kept; absent: for ever. */
  readonly keepIncidentsMs?: number | undefined;
  readonly bucket: Bucket;
  readonly rolloutOf: RolloutOf;
}

/** Most agents whose incidents one sweep changes; the next one goes on. */
const MAX_SWEPT = 1000;

/** Takes the partition over and sends what its last owner may not have sent. */
export async function ownResponderPartition(
  partition: number,
  options: ResponderPartitionOptions,
): Promise<ResponderPartition> {
  const { store, stream } = options;
  const lease = await store.acquire(SPACE, partition);
  // After the first: whoever still writes audit entries then cannot make them count.
  const auditLease = await store.acquire(AUDIT_SPACE, partition);
  const commit = await openOutbox<Actions>({ store, lease, deliver: (actions) => send(stream, actions) });
  return new ResponderPartition(options, commit, auditLease, await loadHead(store, partition));
}

/** Owns the leases of one partition; what it is asked is done one after the other. */
export class ResponderPartition {
  readonly #options: ResponderPartitionOptions;
  readonly #commit: Outbox<Actions>;
  #auditLease: Lease;
  readonly #inTurn = inTurnUntilOneFails();
  #head: Head;
  #fault: string | undefined;

  constructor(options: ResponderPartitionOptions, commit: Outbox<Actions>, auditLease: Lease, head: Head) {
    this.#options = options;
    this.#commit = commit;
    this.#auditLease = auditLease;
    this.#head = head;
  }

  /** Where to read on. */
  positionOf(input: InputStream): number {
    return this.#head.positions[input];
  }

  /** Why the audit log could not be moved into a file; undefined when all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Absorbs a batch. Rejects with `fenced`, having written nothing, when another process has taken over. */
  absorb(input: InputStream, batch: RecordBatch): Promise<void> {
    return this.#inTurn(async () => {
      await this.#absorb(input, batch);
      await this.#moveAudit();
    });
  }

  /** Forgets incidents that were closed long ago. */
  async sweep(): Promise<void> {
    const { store, clock, keepIncidentsMs } = this.#options;
    if (keepIncidentsMs === undefined) return;
    const beforeMs = clock.now() - keepIncidentsMs;
    const groups = await loadOld(store, this.#auditLease.partition, beforeMs, MAX_SWEPT);
    if (groups.length > 0) await this.#inTurn(() => this.#forget(groups, beforeMs));
  }

  async #absorb(input: InputStream, batch: RecordBatch): Promise<void> {
    const { store, clock, settings, causes, bucket, rolloutOf, auditKey: key } = this.#options;
    const { partition } = this.#auditLease;
    const nowMs = clock.now();
    const highest = new Map(this.#head.highest);
    const found = arrivals(input, batch, highest);
    const folded = await fold(found, { store, partition, bucket, rolloutOf, settings, causes, nowMs });
    const entries = chain(folded.audit, this.#head.audit, { partition, time: isoTime(nowMs), key });
    const positions = { ...this.#head.positions, [input]: endOf(batch) };
    this.#head = { ...grown(this.#head, entries), positions, highest };
    const written = auditChangesOf(folded.states, entries);
    if (entries.length > 0) await this.#commitAudit([written]);
    await this.#commitStates(folded.states, folded.actions);
    if (entries.length > 0) await this.#keepAudit(written);
    countAll(folded.audit);
    for (const span of folded.spans) span.end();
  }

  /** File first, then the head that knows of it, then out of the store; a crash in between leaves an entry twice, never nowhere. */
  async #moveAudit(): Promise<void> {
    const { store, auditFiles } = this.#options;
    const { audit, tail } = this.#head;
    const { partition } = this.#auditLease;
    if (auditFiles === undefined || tail.bytes < auditFiles.maxBytes) return;
    const entries = storedEntries(store, partition, tail.first, audit.sequence);
    const written = writeAuditFile(auditFiles.folder, { partition, first: tail.first }, entries);
    this.#fault = await written.then(
      () => undefined,
      (error: Error) => error.message,
    );
    // It stays in the store, and is tried again with the next batch.
    if (this.#fault !== undefined) return;
    this.#head = { ...this.#head, tail: { first: audit.sequence + 1, bytes: 0 } };
    await this.#commitStates(new Map());
    await this.#commitAudit(removalOf(tail.first, audit.sequence));
  }

  /** Loaded again, because in the meantime they may have changed. */
  async #forget(groups: readonly string[], beforeMs: number): Promise<void> {
    const before = await loadAgents(this.#options.store, this.#auditLease.partition, groups);
    const after = new Map([...before].map(([group, state]) => [group, withoutOld(state, beforeMs)]));
    const kept = new Set([...after.values()].flatMap((state) => incidentIds(state)));
    const gone = [...before.values()].flatMap(incidentIds).filter((id) => !kept.has(id));
    await this.#commitStates(after);
    await this.#commitAudit([withoutPlaces(gone)]);
  }

  #commitStates(states: States, actions: Actions = []): Promise<void> {
    const mail = actions.length > 0 ? actions : undefined;
    return this.#commit(changesOf(states, this.#head), mail, this.#head.positions.findings);
  }

  /**
   * A store that fails over may lose what it had acknowledged: the entries, if that came before the head was written, and
   * then the head, which it has, would count entries that are nowhere. They are still at hand here.
   */
  async #keepAudit(written: readonly GroupChange[]): Promise<void> {
    const { store } = this.#options;
    const { partition } = this.#auditLease;
    if ((await store.position(AUDIT_SPACE, partition)) >= this.#head.audit.sequence) return;
    this.#auditLease = await store.acquire(AUDIT_SPACE, partition);
    await this.#commitAudit([written]);
  }

  #commitAudit(chunks: readonly (readonly GroupChange[])[]): Promise<void> {
    return this.#options.store.commit(this.#auditLease, chunks, this.#head.audit.sequence);
  }
}

const incidentIds = (state: AgentState | undefined) =>
  (state?.tracked ?? []).map(({ incident }) => incident.id);

/** The head after entries were added. */
function grown(head: Head, entries: readonly AuditEntry[]): Head {
  const { sequence, hash } = entries.at(-1) ?? head.audit;
  const bytes = entries.reduce((sum, entry) => sum + toBytes(entry).length + 1, head.tail.bytes);
  return { ...head, audit: { sequence, hash }, tail: { ...head.tail, bytes } };
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
      trace: derived.trace,
    })),
  );
}
