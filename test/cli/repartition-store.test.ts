/** State with more partitions: nothing that a service keeps is left behind. */
import { expect, it } from "vitest";
import { sumsOf } from "../../detectors/groups/add-up.ts";
import { newBook } from "../../detectors/groups/book.ts";
import { Settings } from "../../schemas/settings.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { fenceAll, moveStore } from "../../services/cli/repartition-store.ts";
import { acquireVersions, newestMade, readVersions, writeVersions } from "../../services/group-versions.ts";
import { sourcesIn } from "../house/source.ts";

const move = () => ({
  from: memoryStore(),
  to: memoryStore(),
  partitions: 2,
  stream: memoryStream(5),
  settings: Settings.parse({
    feeds: { file: "findings.ndjson", webhooks: [{ name: "soc", url: "https://soc.example.com" }] },
  }),
});

it("knows every space that a service writes to", async () => {
  const written = sourcesIn("services").flatMap(({ text }) =>
    [...text.matchAll(/^(?:export )?const \w*SPACE = "([\w-]+)";$/gm)].map(([, name = ""]) => name),
  );
  const one = move();
  const acquire = one.from.acquire.bind(one.from);
  const moved = new Set<string>();
  one.from.acquire = (space, partition) => {
    moved.add(space);
    return acquire(space, partition);
  };
  await fenceAll(one);
  // What an installation has agreed on is no partition's, and is written by the command itself.
  expect(written.filter((name) => !moved.has(name))).toEqual(["installation"]);
  expect([...moved].filter((name) => !written.includes(name))).toEqual(["webhook-soc"]);
});

it("keeps the versions of peer groups, and the day that was added up", async () => {
  const one = move();
  const sums = sumsOf(20_000);
  for (const agent of [1, 2, 3])
    sums.add("acme", agent, -agent, {
      ...{ group: "billing", from: 1, until: 2, weights: 2 },
      ...{ units: Int32Array.of(agent, 1), operations: Int32Array.of(7, 7), values: new Int32Array(0) },
      scores: new Int32Array(0),
    });
  const versions = sums.versions();
  expect(versions).toHaveLength(2);
  await writeVersions(one.from, await acquireVersions(one.from), 20_000, versions);
  await moveStore(one);
  const book = newBook();
  await readVersions(one.to, book);
  for (const [tenant, version] of versions)
    expect(book.versionOf(tenant, version.group, 20_000)).toEqual(version);
  expect(await newestMade(one.to)).toBe(20_000);
});
