/**
 * How the owner of a partition says what follows from what it has read.
 *
 * Order: commit the changes together with the mail, all or nothing → deliver the mail → commit that it was delivered. So the
 * intent is durable before the effect. After a crash in between, the mail is delivered again at the next start, with the same ids
 * and origins, by which its readers skip it. What was delivered is not delivered at a later start: by then it may be out of date.
 */
import type { GroupChange, Lease, Store } from "./ports/store.ts";
import { fromBytes, toBytes } from "./records.ts";

const GROUP = "outbox";

interface OutboxOptions<Mail> {
  readonly store: Store;
  /** Of the partition whose mail it is; the mail waits in a group of the same space. */
  readonly lease: Lease;
  /** Resolves when the mail is durable. It must be harmless to deliver a mail twice. */
  readonly deliver: (mail: Mail) => Promise<void>;
}

/** Commits changes at a position and delivers the mail that follows from them, if any does. */
export type Outbox<Mail> = (
  changes: readonly GroupChange[],
  mail: Mail | undefined,
  position: number,
) => Promise<void>;

/** Delivers what the last owner may not have delivered, and answers how to go on. */
export async function openOutbox<Mail>(options: OutboxOptions<Mail>): Promise<Outbox<Mail>> {
  const { store, lease, deliver } = options;
  const deliverOnce = async (mail: Mail | undefined, position: number) => {
    if (mail === undefined) return;
    await deliver(mail);
    await store.commit(lease, [[change(undefined)]], position);
  };
  const waiting = (await store.load(lease.space, lease.partition, [GROUP])).get(GROUP);
  await deliverOnce(
    fromBytes<Mail>(waiting?.get("json")),
    await store.position(lease.space, lease.partition),
  );
  return async (changes, mail, position) => {
    await store.commit(lease, [[...changes, change(mail)]], position);
    await deliverOnce(mail, position);
  };
}

const change = (mail: unknown): GroupChange => ({
  group: GROUP,
  entries: new Map([["json", mail === undefined ? undefined : toBytes(mail)]]),
});
