/** What egress does by the clock: it follows new tokens of agents under quarantine, and forgets what is over. */
import { expect, it } from "vitest";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { startEgress } from "../../services/egress/index.ts";
import type { Store } from "../../services/ports/store.ts";
import { MINUTE_MS, NOW_MS, TENANT } from "../responder/given.ts";
import { manualClock } from "../responder/manual-clock.ts";

const HOUR_MS = 60 * MINUTE_MS;
const AGENTS = 450;

async function until(happens: () => boolean | Promise<boolean>) {
  while (!(await happens())) await new Promise((resolve) => setImmediate(resolve));
}

const quarantine = (number: number) => ({
  origin: { stage: "responder:decisions", partition: 0, position: number, index: 0 },
  value: {
    id: `a-${number}`,
    kind: "quarantine",
    tenant: TENANT,
    agent: `agent-${number}`,
    target: { type: "agent", id: `agent-${number}` },
    step: "manual",
    occurrence: 0,
    mode: "enforce",
    requestedAt: new Date(NOW_MS).toISOString(),
    expiresAt: new Date(NOW_MS + HOUR_MS).toISOString(),
    reason: "odd",
  },
});

/** Egress with so many agents under quarantine, and whose tokens were asked for since. */
async function quarantined(agents: number, partitions = 1) {
  const [stream, clock, kept] = [memoryStream(partitions), manualClock(NOW_MS), memoryStore()];
  let asked: string[] = [];
  const store: Store = {
    ...kept,
    async tokensOf(tenant, agent, nowMs, limit) {
      asked.push(agent);
      return kept.tokensOf(tenant, agent, nowMs, limit);
    },
  };
  const service = startEgress({ stream, store, clock });
  const value = (number: number) => Buffer.from(JSON.stringify(quarantine(number)));
  await stream.append(
    Array.from({ length: agents }, (_, at) => ({ stream: "actions", partition: 0, value: value(at) })),
  );
  await until(async () => (await kept.position("egress", 0)) === agents);
  await clock.asleep();
  /** Lets time pass; answers whose tokens were asked for. */
  const pass = async (ms: number) => {
    asked = [];
    clock.advance(ms);
    // Both loops sleep again when their work is done.
    await until(() => clock.sleeping() === 2);
    return asked;
  };
  return { store: kept, service, pass };
}

it.each([1, 8])(
  "asks for the tokens of two hundred agents a second, each in its turn, in one of %i partitions",
  async (partitions) => {
    const { service, pass } = await quarantined(AGENTS, partitions);
    const rounds = [await pass(1000), await pass(1000), await pass(1000)];
    expect(rounds.map((asked) => asked.length)).toEqual([200, 200, 200]);
    expect(new Set(rounds.flat()).size).toBe(AGENTS);
    await service.stop();
  },
);

it("asks for nothing when nobody is under quarantine any more, or was ever", async () => {
  const one = await quarantined(1);
  expect(await one.pass(1000)).toEqual(["agent-0"]);
  expect(await one.pass(HOUR_MS)).toEqual([]);
  await one.service.stop();
  const none = await quarantined(0);
  expect(await none.pass(1000)).toEqual([]);
  await none.service.stop();
});

it("forgets what is over, and keeps what holds", async () => {
  const { store, service, pass } = await quarantined(3);
  const agents = async () => {
    const groups: string[] = [];
    for await (const [group] of store.scan("egress", 0)) groups.push(group);
    return groups.filter((group) => group.startsWith("agent")).length;
  };
  await pass(HOUR_MS - 1000);
  expect(await agents()).toBe(3);
  await pass(HOUR_MS);
  expect(await agents()).toBe(0);
  await service.stop();
});
