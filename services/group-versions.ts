/**
 * What learner and processors leave for one another in the store: versions of peer groups, and how far partitions have come
 * in event time. Versions lie in a space of their own, whose position is the newest day that was added up.
 */
import { ByteReader, ByteWriter } from "../detectors/codec.ts";
import { type Book, keyOf, partsOfKey, VERSIONS_KEPT } from "../detectors/groups/book.ts";
import { type GroupVersion, readVersion, writeVersion } from "../detectors/groups/version.ts";
import { DETECTORS, detectorSettingsOf } from "../detectors/index.ts";
import type { Settings } from "../schemas/settings.ts";
import type { GroupChange, Lease, Store } from "./ports/store.ts";

/** Space of the versions; all lie in its partition 0. */
const SPACE = "groups";
/** Group of a partition's clock in the space of the processor; no agent has it, because a tenant has at least one character. */
const CLOCK = "/clock";
/** Versions written together, of at most 16 KB each. */
const CHUNK = 50;

/** Whether agents are judged by their peers: it costs nothing otherwise. */
export function usesPeers({ detectors }: Pick<Settings, "detectors">): boolean {
  const settings = detectorSettingsOf(detectors);
  return DETECTORS.some(({ sharing }, at) => sharing?.isOn(settings[at]));
}

/** The newest day (days since 1970) that was added up; 0 before the first. */
export const newestMade = (store: Store): Promise<number> => store.position(SPACE, 0);

/** Reads every version into the book. */
export async function readVersions(store: Store, book: Book): Promise<void> {
  for await (const [key, entries] of store.scan(SPACE, 0))
    for (const bytes of entries.values()) {
      const version = parsed(bytes);
      if (version !== undefined) book.put(partsOfKey(key).tenant, version);
    }
}

/** What cannot be read is no version: agents are judged by another one. */
function parsed(bytes: Uint8Array): GroupVersion | undefined {
  try {
    return readVersion(new ByteReader(bytes));
  } catch {
    return undefined;
  }
}

/** The right to write versions: whoever had it before has it no longer. */
export const acquireVersions = (store: Store): Promise<Lease> => store.acquire(SPACE, 0);

/** Writes the versions of a day, takes away the oldest ones, and last says that the day was added up. Fails with `fenced`. */
export async function writeVersions(
  store: Store,
  lease: Lease,
  epoch: number,
  versions: readonly (readonly [tenant: string, version: GroupVersion])[],
): Promise<void> {
  const changes = new Map<string, Map<string, Uint8Array | undefined>>();
  for await (const [key, entries] of store.scan(SPACE, 0))
    changes.set(
      key,
      new Map([...entries.keys()].filter(isOlderThan(epoch)).map((name) => [name, undefined])),
    );
  for (const [tenant, version] of versions) {
    const key = keyOf(tenant, version.group);
    changes.set(key, (changes.get(key) ?? new Map()).set(`${epoch}`, bytesOf(version)));
  }
  await store.commit(lease, chunksOf([...changes].map(([group, entries]) => ({ group, entries }))), epoch);
}

const isOlderThan = (epoch: number) => (name: string) => Number(name) <= epoch - VERSIONS_KEPT;

function bytesOf(version: GroupVersion): Uint8Array {
  const to = new ByteWriter();
  writeVersion(version, to);
  return to.take();
}

const chunksOf = (changes: readonly GroupChange[]) =>
  Array.from({ length: Math.ceil(changes.length / CHUNK) }, (_, at) =>
    changes.slice(at * CHUNK, (at + 1) * CHUNK),
  );

/** What a commit writes, last, of the largest event time that the partition has folded, in ms since 1970. */
export const clockChange = (clockMs: number): GroupChange => ({
  group: CLOCK,
  entries: new Map([["ms", Buffer.from(`${clockMs}`)]]),
});

/** The largest event time that a partition of a space has folded and committed, in ms since 1970; 0 before the first. */
export async function clockOf(store: Store, space: string, partition: number): Promise<number> {
  const bytes = (await store.load(space, partition, [CLOCK])).get(CLOCK)?.get("ms");
  return bytes === undefined ? 0 : Number(Buffer.from(bytes).toString());
}
