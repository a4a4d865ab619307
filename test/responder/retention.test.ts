/** Which incidents are kept: all that are not closed, and closed ones for as long as is said. */

import { expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import type { Incident } from "../../schemas/action.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { incidentOf, incidents, startResponder } from "../../services/responder/index.ts";
import { AGENT, decision, finding, misuse, NOW_MS, settings } from "./given.ts";
import { manualClock } from "./manual-clock.ts";

const HOUR_MS = 3_600_000;
const KEEP_MS = 10 * HOUR_MS;

async function until(happens: () => boolean | Promise<boolean>) {
  while (!(await happens())) await new Promise((resolve) => setImmediate(resolve));
}

/** A responder with two incidents of one agent and one of another, of which the first is closed an hour after it was opened. */
async function world(keepIncidentsMs: number | undefined) {
  const [stream, store, clock] = [memoryStream(1), memoryStore(), manualClock(NOW_MS)];
  const service = startResponder({
    causes: CAUSES,
    stream,
    store,
    clock,
    settings: settings(),
    ...(keepIncidentsMs && { keepIncidentsMs }),
  });
  const kept = async () => {
    const all: Incident[] = [];
    for await (const one of incidents(store, 1)) all.push(one);
    return all;
  };
  const findings = [finding(1), misuse(2), finding(3, { agent: "another" })];
  await stream.append(
    findings.map((value, position) => {
      const origin = { stage: "processor", partition: 0, position, index: 0 };
      return { stream: "findings", partition: 0, value: Buffer.from(JSON.stringify({ origin, value })) };
    }),
  );
  await until(async () => (await kept()).length === 3);
  const [first] = (await kept()).filter(({ agent, cause }) => agent === AGENT && cause === "left-its-graph");
  const { id } = first as Incident;
  clock.advance(HOUR_MS);
  const close = decision("close", { incident: id });
  await stream.append([{ stream: "decisions", partition: 0, value: Buffer.from(JSON.stringify(close)) }]);
  await until(async () => (await kept()).some(({ status }) => status === "closed"));
  const sleepsAgain = () => until(() => clock.sleeping() === 1);
  await sleepsAgain();
  /** Lets time pass; answers how many incidents are there afterwards. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await sleepsAgain();
    return (await kept()).length;
  };
  return { store, service, id, kept, pass };
}

it("a closed incident is kept as long as is said, and then it is gone, with its place", async () => {
  const { store, service, id, kept, pass } = await world(KEEP_MS);
  expect(await pass(KEEP_MS)).toBe(3);
  expect(await incidentOf(store, 1, id)).toMatchObject({ status: "closed" });
  expect(await pass(HOUR_MS)).toBe(2);
  expect(await incidentOf(store, 1, id)).toBeUndefined();
  expect(await store.load("responder-audit", 0, [`incident\n${id}`])).toEqual(new Map());
  const [other] = (await kept()).filter(({ agent }) => agent === AGENT);
  expect(await incidentOf(store, 1, (other as Incident).id)).toEqual(other);
  await service.stop();
});

it("one that is open is kept for ever, and so is every one when nothing is said", async () => {
  const limited = await world(KEEP_MS);
  expect(await limited.pass(1000 * KEEP_MS)).toBe(2);
  expect((await limited.kept()).map(({ status }) => status)).not.toContain("closed");
  await limited.service.stop();
  const unlimited = await world(undefined);
  expect(await unlimited.pass(1000 * KEEP_MS)).toBe(3);
  await unlimited.service.stop();
});
