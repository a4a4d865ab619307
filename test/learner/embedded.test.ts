/** Processor and learner as they run, on the embedded log and store, over days of events. */
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { openEmbedded } from "../../services/adapters/index.ts";
import { startLearner } from "../../services/learner/index.ts";
import type { Clock } from "../../services/ports/clock.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { startProcessor } from "../../services/processor/index.ts";
import { temporaryFolder } from "../adapters/folder.ts";
import { DAY, type Given, HOUR } from "../detectors/given.ts";
import { valuesOf } from "../processor/world.ts";
import { ATTACK, dayOf, FIRST_DAY, sessionOf, settingsOf, tickOf } from "./days.ts";

const PARTITIONS = 3;
const AGENTS = ["ann", "bob", "eve", "joe"];
/** Intervals pass at once; others have their turn in between. */
const hurried: Clock = { now: Date.now, sleep: () => setImmediate() };

const place = temporaryFolder();
afterEach(place.remove);

/** Everything that runs, until it is stopped. */
async function system() {
  const { stream, store, close } = await openEmbedded({ folder: place.folder, partitions: PARTITIONS });
  const settings = { ...settingsOf({}), processor: { ...settingsOf({}).processor, commitIntervalMs: 1 } };
  const shared = { stream, store, clock: hurried, settings };
  const processor = startProcessor({
    ...shared,
    key: { name: "test", secret: Buffer.from("0123456789abcdef") },
  });
  const learner = startLearner({ ...shared, partitions: PARTITIONS, space: "processor" });
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await setImmediate();
  };
  return {
    stream,
    /** A day: it begins; when the day before is added up, and what judges this one is at hand, its events come. */
    async passes(day: number, ...events: readonly Given[]) {
      await stream.append(Array.from({ length: PARTITIONS }, (_, partition) => tickOf(day, partition)));
      await until(async () => (await store.position("groups", 0)) === FIRST_DAY + day - 1);
      await until(() => processor.degraded?.() === undefined);
      await stream.append(events.map(recordOf));
    },
    async stop() {
      await processor.stop();
      await learner.stop();
      await close();
    },
  };
}

const recordOf = (one: Given) => ({
  stream: "events" as const,
  partition: partitionOf(`default/${(one.agent as { id: string }).id}`, PARTITIONS),
  value: Buffer.from(JSON.stringify(one)),
});

it("a new agent of a known group is judged, and caught, on its second day; also when all was started anew", async () => {
  let running = await system();
  for (let day = 0; day < 12; day++) {
    const peers = AGENTS.flatMap((agent) => dayOf(agent, day));
    await running.passes(day, ...peers, ...(day < 10 ? [] : dayOf("new", day)));
    if (day % 4 !== 3) continue;
    await running.stop();
    running = await system();
  }
  await running.stream.append(sessionOf("new", 11 * DAY + 20 * HOUR, ATTACK).map(recordOf));
  await running.stop();
  running = await system();
  const tell = async () =>
    (await Promise.all([0, 1, 2].map((partition) => valuesOf(running.stream, "findings", partition)))).flat();
  while ((await tell()).length === 0) await setImmediate();
  const [found] = (await tell()) as { value: object }[];
  expect(found?.value).toMatchObject({
    agent: "new",
    kind: "unlikely-session",
    judgedBy: { peerVersion: "payers 2026-03-11" },
  });
  await running.stop();
});
