/** What must hold where agents are judged by their peers, and new versions of them come. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import { keyOf } from "../../services/ingest/index.ts";
import type { Store } from "../../services/ports/store.ts";
import { incidents } from "../../services/responder/index.ts";
import { until } from "../cluster/cluster.ts";
import type { Reader } from "../kill/books.ts";
import { versionsIn } from "../learner/days.ts";
import { ROLLED_OUT } from "./days.ts";
import { isAddedUp } from "./load.ts";
import { replayed, type Versions } from "./replay.ts";
import type { System } from "./system.ts";

/**
 * The findings of a replay with groups. The versions that the system has are, byte for byte, those of the replay; some findings were
 * judged by them; and the new version of a group is one incident, with each of its findings once, for which nothing was done.
 */
export async function replayedWithGroups(system: System): Promise<readonly Finding[]> {
  const reader = await system.open();
  try {
    const key = keyOf(readFileSync(join(system.folder, "hash"), "utf8"), "hash");
    const { findings, versions } = await replayed(reader, key, system.settings);
    await expectVersions(system, reader, versions);
    expect(findings.some(({ judgedBy }) => judgedBy.peerVersion !== undefined)).toBe(true);
    await expectOneRollout(reader, findings);
    return findings;
  } finally {
    await reader.close();
  }
}

async function expectVersions(system: System, { store }: Reader, versions: Versions): Promise<void> {
  const newest = Math.max(...Array.from(versions.keys(), (name) => Number(name.split(" ").at(-1))));
  await until(() => isAddedUp(system, newest));
  // Of the store nothing is asked but `scan`.
  expect(await versionsIn(store as Store)).toEqual(Object.fromEntries(versions));
}

async function expectOneRollout({ store, stream }: Reader, findings: readonly Finding[]): Promise<void> {
  const news = new Set(findings.flatMap(({ id, newVersion }) => (newVersion?.quiet ? [id] : [])));
  expect(news.size).toBeGreaterThan(0);
  const rollouts: object[] = [];
  for await (const one of incidents(store as Store, stream.partitions))
    if (one.cause === "rollout") rollouts.push(one);
  expect(rollouts).toMatchObject([{ findingCount: news.size, actions: [], rollout: { group: ROLLED_OUT } }]);
}
