/** State written anew with more partitions: each group where its agent belongs now. All of it is absolute, so it may be done twice. */
import { decodeAgent, encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS, detectorSettingsOf } from "../../detectors/index.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { Entries, GroupChange, Store } from "../ports/store.ts";
import { partitionOf, type Stream } from "../ports/stream.ts";
import { fromBytes } from "../records.ts";
import { changesOf, type Head, loadHead } from "../responder/stored.ts";

interface StoreMove {
  readonly from: Store;
  readonly to: Store;
  /** Number of old partitions. */
  readonly partitions: number;
  /** The new streams, copied. */
  readonly stream: Stream;
  readonly settings: Settings;
}

/** Where a group belongs: by its agent or tenant; at its old number; or nowhere, because it is about old positions. */
type Destination = { readonly key: string } | "stays" | "goes";

/** What there is in the store, and where each group of it goes. */
interface Space {
  readonly name: string;
  readonly destinationOf: (group: string, entries: Entries) => Destination;
  /** What is written where all before `position` was read; absent: what there was. */
  readonly entriesAt?: (entries: Entries, position: number) => Entries;
  /** What a new partition has been told of its inputs. */
  readonly positionOf: (move: StoreMove, partition: number) => Promise<number>;
}

/** Groups of one commit. */
const CHUNK = 1000;

/** `agent <tenant> <agent>` with line feeds, as the responder and egress name their groups. */
function agentDestination(group: string): Destination {
  const [kind, tenant, agent] = group.split("\n");
  return kind === "agent" ? { key: `${tenant}/${agent}` } : "goes";
}

const endOf =
  (name: "events" | "findings" | "actions") =>
  ({ stream }: StoreMove, partition: number) =>
    stream.end(name, partition);

/** Feeds keep what waits to be sent; how far they have read begins anew at the end. */
const feed = (name: string): Space => ({
  name,
  destinationOf: (group) => (group === "head" ? "goes" : "stays"),
  positionOf: endOf("findings"),
});

const auditDestination = (group: string, entries: Entries): Destination =>
  group.startsWith("incident\n") ? agentDestination(fromBytes<string>(entries.get("json")) ?? "") : "stays";

/** An agent's rows say up to where they have absorbed the log; in the new one that is its end, or new events would be skipped. */
const absorbedUpTo =
  ({ detectors }: Settings) =>
  (entries: Entries, position: number): Entries => {
    const set = workingSet(DETECTORS);
    const read = decodeAgent(entries, DETECTORS, detectorSettingsOf(detectors), set);
    if (read === undefined) return entries;
    read.agent.position = position - 1;
    const row = encodeAgent(read.agent, DETECTORS, set).get("row");
    return row === undefined ? entries : new Map([...entries, ["row", row]]);
  };

/** Every space of the settings. */
function spacesOf(settings: Settings): readonly Space[] {
  const { feeds } = settings;
  return [
    {
      name: "processor",
      destinationOf: (group) => (group.startsWith("/") ? "goes" : { key: group }),
      entriesAt: absorbedUpTo(settings),
      positionOf: endOf("events"),
    },
    { name: "responder", destinationOf: agentDestination, positionOf: endOf("findings") },
    {
      name: "responder-audit",
      destinationOf: auditDestination,
      positionOf: ({ from }, partition) => from.position("responder-audit", partition),
    },
    { name: "responder-caps", destinationOf: (group) => ({ key: group }), positionOf: async () => 0 },
    {
      name: "responder-fleet",
      destinationOf: (group) => ({ key: group.split("\n")[1] ?? "" }),
      positionOf: async () => 0,
    },
    { name: "egress", destinationOf: agentDestination, positionOf: endOf("actions") },
    // Versions of peer groups lie in partition 0, and their position is a day.
    {
      name: "groups",
      destinationOf: () => "stays",
      positionOf: ({ from, partitions }, partition) =>
        partition < partitions ? from.position("groups", partition) : Promise.resolve(0),
    },
    ...(feeds.file === undefined ? [] : [feed("feed-file")]),
    ...feeds.webhooks.map(({ name }) => feed(`webhook-${name}`)),
  ];
}

/** From now on nobody who had a partition before can write to it. */
export async function fenceAll({ from, partitions, settings }: StoreMove): Promise<void> {
  for (const { name } of spacesOf(settings))
    for (let partition = 0; partition < partitions; partition++) await from.acquire(name, partition);
}

/** What has not been done yet; nothing if the system came to rest before it was stopped. */
export async function unfinished(
  stream: Stream,
  store: Store,
  settings: Settings,
): Promise<readonly string[]> {
  const all = await Promise.all(
    Array.from({ length: stream.partitions }, async (_, partition) => {
      const { positions } = await loadHead(store, partition);
      const rows: [string, number, number][] = [
        ["events", await store.position("processor", partition), await stream.end("events", partition)],
        ["findings", positions.findings, await stream.end("findings", partition)],
        ["decisions", positions.decisions, await stream.end("decisions", partition)],
        ["outcomes", positions.outcomes, await stream.end("outcomes", partition)],
        ["actions", await store.position("egress", partition), await stream.end("actions", partition)],
      ];
      for (const { name } of spacesOf(settings).filter((space) => /^(feed-|webhook-)/.test(space.name)))
        rows.push([`findings for ${name}`, await store.position(name, partition), rows[1]?.[2] ?? 0]);
      return rows
        .filter(([, done, end]) => done < end)
        .map(([name, done, end]) => `${name}/${partition}: ${end - done}`);
    }),
  );
  return all.flat();
}

/** Writes every space anew; answers how many groups there are. */
export async function moveStore(move: StoreMove): Promise<number> {
  let groups = 0;
  // What an earlier try has left may be out of date by now.
  await removeAll(move.to, move.stream.partitions, move.settings);
  for (const space of spacesOf(move.settings)) groups += await moveSpace(space, move);
  await moveHeads(move);
  return groups;
}

async function moveSpace(space: Space, move: StoreMove): Promise<number> {
  const writers = await writersOf(space, move);
  let count = 0;
  for (let partition = 0; partition < move.partitions; partition++)
    for await (const [group, entries] of move.from.scan(space.name, partition)) {
      const destination = space.destinationOf(group, entries);
      if (destination === "goes") continue;
      const isStaying = destination === "stays";
      await writers[isStaying ? partition : partitionOf(destination.key, writers.length)]?.add(
        group,
        entries,
      );
      count++;
    }
  // Also where there is nothing: its position says that all has been read.
  for (const writer of writers) await writer.end();
  return count;
}

/** What writes groups to a new partition, many in one commit. */
interface PartitionWriter {
  add(group: string, entries: Entries): Promise<void>;
  end(): Promise<void>;
}

const writersOf = (space: Space, move: StoreMove): Promise<readonly PartitionWriter[]> =>
  Promise.all(Array.from({ length: move.stream.partitions }, (_, at) => writerOf(space, move, at)));

async function writerOf(space: Space, move: StoreMove, partition: number): Promise<PartitionWriter> {
  const lease = await move.to.acquire(space.name, partition);
  const position = await space.positionOf(move, partition);
  let waiting: GroupChange[] = [];
  const end = () => move.to.commit(lease, [waiting], position);
  return {
    async add(group, entries) {
      waiting.push({ group, entries: space.entriesAt?.(entries, position) ?? entries });
      if (waiting.length < CHUNK) return;
      await end();
      waiting = [];
    },
    end,
  };
}

/** The responder's heads: chains of the audit log go on where they are, and the inputs at their new ends. */
async function moveHeads({ from, to, stream }: StoreMove): Promise<void> {
  for (let partition = 0; partition < stream.partitions; partition++) {
    const old = await loadHead(from, partition);
    const [findings, decisions, outcomes] = await Promise.all([
      stream.end("findings", partition),
      stream.end("decisions", partition),
      stream.end("outcomes", partition),
    ]);
    const head: Head = { ...old, positions: { findings, decisions, outcomes }, highest: new Map() };
    const lease = await to.acquire("responder", partition);
    await to.commit(lease, [changesOf(new Map(), head)], findings);
  }
}

/** Takes the state of all spaces out. */
export async function removeAll(store: Store, partitions: number, settings: Settings): Promise<void> {
  for (const { name } of spacesOf(settings))
    for (let partition = 0; partition < partitions; partition++) {
      const lease = await store.acquire(name, partition);
      let changes: GroupChange[] = [];
      const commit = () => store.commit(lease, [changes], 0);
      for await (const [group, entries] of store.scan(name, partition)) {
        changes.push({ group, entries: new Map([...entries.keys()].map((entry) => [entry, undefined])) });
        if (changes.length < CHUNK) continue;
        await commit();
        changes = [];
      }
      if (changes.length > 0) await commit();
    }
}

/** Refuses fewer: a chain of the audit log belongs to its partition, and would be cut off with it. */
export function checkNumbers(now: number, wanted: number): void {
  if (wanted > now && wanted <= 1024) return;
  throw new OffgraphError(
    "bad-settings",
    `--to: expected more than the ${now} partitions that there are, and at most 1024, got ${wanted}`,
  );
}
