/**
 * `offgraph repartition --to N`: another number of partitions for a system on Kafka and Redis that is stopped. Streams and state are
 * written anew beside the old ones; then the installation agrees on the new ones, in one write. Until that write nothing has
 * changed, and after it the old state is removed, while the old topics stay until somebody deletes them.
 */
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { StreamName } from "../../schemas/streams.ts";
import { clock } from "../adapters/clock.ts";
import { groupsAtWork } from "../adapters/kafka-doctor.ts";
import { kafkaOptions, openServerStore, openServerStream } from "../adapters/servers.ts";
import { storeOfGeneration, topicPrefixOf } from "../layers/generation.ts";
import type { Store } from "../ports/store.ts";
import { fromBytes, toBytes } from "../records.ts";
import type { Secrets } from "../settings/secrets.ts";
import { type Agreement, LOOK_MS, readAgreement, writeAgreement } from "../start/installation.ts";
import { settingsOf } from "./options.ts";
import type { RepartitionOptions } from "./repartition.ts";
import { checkNumbers, fenceAll, moveStore, removeAll, unfinished } from "./repartition-store.ts";
import { type Copied, moveStreams, type Notes } from "./repartition-streams.ts";
import { checkStart } from "./start-check.ts";
import { print } from "./terminal.ts";

/** Looks, and with `yes` acts; prints what came of it. */
export async function repartition(options: RepartitionOptions): Promise<void> {
  const settings = await settingsOf(options);
  const secrets = checkStart(settings);
  const { kafka, redis } = settings;
  if (kafka === undefined || redis === undefined)
    throw new OffgraphError(
      "bad-settings",
      "kafka: only a system on Kafka and Redis can be given more partitions",
    );
  const whole = await openServerStore(redis, secrets);
  try {
    const world = await openWorld({ ...settings, kafka }, secrets, whole, options);
    const result = await run(world, options).finally(() => world.from.close());
    print(options.json ? JSON.stringify(result) : result.say);
  } finally {
    await whole.close();
  }
}

/** All that takes part. */
type World = Awaited<ReturnType<typeof openWorld>>;

/** Of a system on servers. */
interface ServerSettings extends Settings {
  kafka: NonNullable<Settings["kafka"]>;
}

async function openWorld(
  settings: ServerSettings,
  secrets: Secrets,
  whole: Store,
  { to }: RepartitionOptions,
) {
  const { kafka } = settings;
  const agreement = await readAgreement(whole);
  const { generation = 0, partitions, moving } = agreement;
  if (partitions === undefined)
    throw new OffgraphError("not-found", "there is nothing yet: set kafka.partitions and start");
  checkNumbers(partitions, to);
  if (moving !== undefined && moving !== to)
    throw new OffgraphError(
      "bad-settings",
      `--to: ${moving} was begun and has to be finished first, got ${to}`,
    );
  const prefixed = (at: number, count: number) => ({
    ...kafka,
    partitions: count,
    topicPrefix: topicPrefixOf(kafka.topicPrefix, at),
  });
  const old = prefixed(generation, partitions);
  await refuseWorkers(old, secrets);
  return {
    settings,
    whole,
    agreement,
    generation,
    partitions,
    to,
    from: await openServerStream(old, secrets),
    openNew: () => openServerStream(prefixed(generation + 1, to), secrets),
    store: storeOfGeneration(whole, generation),
    newStore: storeOfGeneration(whole, generation + 1),
    stillAlone: () => refuseWorkers(old, secrets),
  };
}

/** Whoever owns a partition is a member of a group. */
async function refuseWorkers(kafka: NonNullable<Settings["kafka"]>, secrets: Secrets): Promise<void> {
  const [first] = await groupsAtWork(kafkaOptions(kafka, secrets));
  if (first === undefined) return;
  throw new OffgraphError(
    "data-in-use",
    `the group ${first.id} has members (${first.members.join(", ")}): stop them first`,
  );
}

async function run(world: World, { yes }: RepartitionOptions) {
  const { settings, partitions, to } = world;
  await refuseUnfinished(world);
  const plan = { from: partitions, to };
  if (yes === undefined)
    return {
      ...plan,
      done: false,
      say: `${partitions} partitions would become ${to}; nothing was changed. --yes does it`,
    };
  const records = await move(world);
  const all = Object.fromEntries(records);
  const say = `There are ${to} partitions now. Set kafka.partitions to ${to} and start. The topics ${settings.kafka?.topicPrefix}… of before may be deleted.`;
  return { ...plan, done: true, records: all, say };
}

/** What was begun is taken back, so that the system can be started and do what is left. */
async function refuseUnfinished({ from, store, settings, whole, agreement }: World): Promise<void> {
  const left = await unfinished(from, store, settings);
  if (left.length === 0) return;
  const { moving: _, ...before } = agreement;
  await writeAgreement(whole, before);
  const what = `not all has been done that lies in the log (${left.slice(0, 5).join(", ")})`;
  throw new OffgraphError("data-in-use", `${what}: start it without ingest until its lag is 0, and stop it`);
}

async function move(world: World): Promise<ReadonlyMap<StreamName, number>> {
  const { whole, agreement, from, store, newStore, settings, partitions, to, generation } = world;
  await announce(world);
  const stream = await world.openNew();
  try {
    const ground = { from: store, to: newStore, partitions, stream, settings };
    await fenceAll(ground);
    const counts = await moveStreams({ from, to: stream, notes: notesIn(newStore), mark: `@${generation}` });
    await moveStore(ground);
    const { moving: _, ...agreed }: Agreement = { ...agreement, partitions: to, generation: generation + 1 };
    await writeAgreement(whole, agreed);
    await removeAll(store, partitions, settings);
    return counts;
  } finally {
    await stream.close();
  }
}

/** Processes that are in no group, such as those that take in events, look every few seconds whether they have to stop. */
async function announce(world: World): Promise<void> {
  const { whole, agreement, to, stillAlone } = world;
  if (agreement.moving !== undefined) return;
  await writeAgreement(whole, { ...agreement, moving: to });
  await clock.sleep(LOOK_MS * 2);
  await stillAlone();
  await refuseUnfinished(world);
}

/** In the new store, so that nothing of it is left in the old one. */
function notesIn(store: Store): Notes {
  return {
    async read(name) {
      return fromBytes<Copied>((await store.load("repartition", 0, [name])).get(name)?.get("json"));
    },
    async write(name, copied) {
      const lease = await store.acquire("repartition", 0);
      await store.commit(lease, [[{ group: name, entries: new Map([["json", toBytes(copied)]]) }]], 0);
    },
  };
}
