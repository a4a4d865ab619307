/**
 * What all processes of an installation agree on, kept in its store: which keys it has, as far as that may be known, and how
 * log and store are laid out. The first process says it; who differs is refused, because hashes made with two keys never meet,
 * and an audit log signed with two proves nothing.
 */
import { createHash, type KeyObject } from "node:crypto";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Service } from "../http.ts";
import type { Rebuild } from "../layers/rebuild.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { fromBytes, toBytes } from "../records.ts";
import { untilNotFenced } from "../take-over.ts";

/** What is agreed on; what nobody has said yet is absent. */
export interface Agreement {
  /** SHA-256 of the key that hashes token values, hexadecimal. */
  readonly hashKey?: string;
  /** Public half of the key that signs the audit log, PEM. */
  readonly auditKey?: string;
  /** Partitions of every stream. */
  readonly partitions?: number;
  /** How often the number of partitions was changed; which topics and spaces are in use follows from it. */
  readonly generation?: number;
  /** Partitions that there will be when `offgraph repartition` has finished; nobody may work meanwhile. */
  readonly moving?: number;
  /** What lay in the log when the store was found empty. */
  readonly rebuild?: Rebuild;
}

const SPACE = "installation";
const GROUP = "agreement";
/** How often a process looks whether it has to stop. */
export const LOOK_MS = 5000;

/** What to do about each difference. */
const WAYS = {
  hashKey:
    "keys.hashFile: this is not the key that the installation began with; give every process the same file",
  auditKey:
    "keys.auditFile: this is not the key that the installation began with; give every process the same file",
  partitions: "kafka.partitions: the installation has another number; `offgraph repartition` changes it",
  generation: "the number of partitions was changed meanwhile; start again",
  moving: "the number of partitions is being changed; finish it with `offgraph repartition`, and start again",
  rebuild: "redis: the store has lost what it held; start again, and it is rebuilt from the log",
} as const satisfies Record<keyof Agreement, string>;

/** SHA-256 of a secret of 32 random bytes: it tells keys apart and gives nothing away. */
export const fingerprintOf = (secret: Uint8Array): string =>
  createHash("sha256").update(secret).digest("hex");

/** The public key as it is written down. */
export const pemOf = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();

/** What is agreed on so far. */
export async function readAgreement(store: Pick<Store, "load">): Promise<Agreement> {
  const entries = (await store.load(SPACE, 0, [GROUP])).get(GROUP);
  return fromBytes<Agreement>(entries?.get("json")) ?? {};
}

/** Whether nobody has said anything yet. */
export const isEmpty = (agreement: Agreement): boolean => Object.keys(agreement).length === 0;

/**
 * Adds what is not there yet, and `beginning` if nothing is. Fails with `bad-settings`, naming the setting, where something else
 * stands.
 */
export const agree = (
  store: Store,
  clock: Clock,
  own: Omit<Agreement, "rebuild">,
  beginning: Agreement = {},
): Promise<Agreement> => untilNotFenced(clock, () => tryToAgree(store, own, beginning));

async function tryToAgree(
  store: Store,
  own: Omit<Agreement, "rebuild">,
  beginning: Agreement,
): Promise<Agreement> {
  const known = await readAgreement(store);
  refuseMove(known);
  refuseDifferences(known, own);
  const whole = { ...known, ...own, ...(isEmpty(known) && beginning) };
  if (Object.keys(whole).length === Object.keys(known).length) return known;
  await writeAgreement(store, whole);
  return whole;
}

/** Replaces what was agreed on. */
export async function writeAgreement(store: Store, agreement: Agreement): Promise<void> {
  const lease = await store.acquire(SPACE, 0);
  await store.commit(lease, [[{ group: GROUP, entries: new Map([["json", toBytes(agreement)]]) }]], 0);
}

function refuseMove({ moving }: Agreement): void {
  if (moving !== undefined) throw new OffgraphError("bad-settings", `kafka.partitions: ${WAYS.moving}`);
}

/** Fails with `bad-settings` if the store has lost what it held since this process began. */
export function refuseLoss(known: Agreement, began: Agreement): void {
  const isLost = isEmpty(known) && !isEmpty(began);
  if (isLost || known.rebuild?.atMs !== began.rebuild?.atMs)
    throw new OffgraphError("bad-settings", WAYS.rebuild);
}

function refuseDifferences(known: Agreement, own: Omit<Agreement, "rebuild">): void {
  const names = Object.keys(own) as (keyof typeof own)[];
  const wrong = names.filter((name) => known[name] !== undefined && known[name] !== own[name]);
  if (wrong.length === 0) return;
  const lines = wrong.map(
    (name) => `${WAYS[name]} (${shortOf(own[name])}, and it has ${shortOf(known[name])})`,
  );
  throw new OffgraphError("bad-settings", lines.join("\n"));
}

/** Enough to compare by eye. */
const shortOf = (value: string | number | undefined) =>
  typeof value === "string" ? createHash("sha256").update(value).digest("hex").slice(0, 8) : `${value}`;

/** Looks again and again, so that nobody works on in a layout that is no longer in use. */
export function watchInstallation(store: Store, began: Agreement, clock: Clock) {
  const stopping = new AbortController();
  let known = began;
  const look = async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(LOOK_MS, stopping.signal);
      // A store that does not answer is no reason to stop, and the next look is near.
      known = await readAgreement(store).catch(() => known);
      refuseMove(known);
      refuseLoss(known, began);
      if ((known.generation ?? 0) !== (began.generation ?? 0))
        throw new OffgraphError("bad-settings", WAYS.generation);
    }
  };
  const done = look();
  const service: Service = {
    waitingFor: () => undefined,
    async stop() {
      stopping.abort();
      await done.catch(() => undefined);
    },
    done,
  };
  return { ...service, agreement: () => known };
}
