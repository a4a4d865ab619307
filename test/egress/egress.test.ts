/** The loop of egress with a responder before it and a gate behind it: from a finding to a refusal and back. */

import { describe, expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import type { ActionOutcome, Decision } from "../../schemas/action.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { StreamName } from "../../schemas/streams.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { startEgress } from "../../services/egress/index.ts";
import { startGate } from "../../services/gate/index.ts";
import type { Store } from "../../services/ports/store.ts";
import { partitionOf, type Stream } from "../../services/ports/stream.ts";
import { auditEntries, incidentsOf, startResponder } from "../../services/responder/index.ts";
import { AGENT, decision, finding, MINUTE_MS, misuse, NOW_MS, settings, TENANT } from "../responder/given.ts";
import { manualClock } from "../responder/manual-clock.ts";

const PARTITIONS = 3;
const partition = partitionOf(`${TENANT}/${AGENT}`, PARTITIONS);
const untilMs = NOW_MS + 60 * MINUTE_MS;

async function put(stream: Stream, name: StreamName, value: unknown) {
  await stream.append([{ stream: name, partition, value: Buffer.from(JSON.stringify(value)) }]);
}
const found = (number: number) => ({
  origin: { stage: "processor", partition, position: number, index: 0 },
  value: finding(number),
});

async function outcomes(stream: Stream): Promise<Derived<ActionOutcome>[]> {
  const all: Derived<ActionOutcome>[] = [];
  for await (const batch of stream.read("outcomes", partition, 0)) {
    for (let at = 0; at < batch.count; at++) {
      all.push(JSON.parse(batch.bytes.subarray(batch.starts[at], batch.ends[at]).toString()));
    }
  }
  return all;
}
async function hasOutcomeInAudit(store: Store): Promise<boolean> {
  for await (const { record } of auditEntries(store, partition))
    if (record.what === "outcome.recorded") return true;
  return false;
}
async function until(happens: () => boolean | Promise<boolean>) {
  while (!(await happens())) await new Promise((resolve) => setImmediate(resolve));
}

/** The three services on one log and store. */
function system(store: Store = memoryStore(), set = settings()) {
  const [stream, clock] = [memoryStream(PARTITIONS), manualClock(NOW_MS)];
  const gate = startGate({ stream, clock });
  const services = [
    startResponder({ causes: CAUSES, stream, store, clock, settings: set }),
    startEgress({ stream, store, clock }),
    gate,
  ];
  const stop = async () => {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all(services.map((service) => service.done));
  };
  return { stream, store, clock, gate, stop };
}
const known = (token: string) => ({ tenant: TENANT, token, agent: AGENT, expiresAtMs: untilMs });

describe("from a finding to the gate", () => {
  it("denies the agent and its token, confirms it, and a release lifts both", async () => {
    const { stream, store, gate, stop } = system();
    await store.indexTokens([known("jti-1")]);
    await until(() => gate.waitingFor() === undefined);
    expect(gate.check({ agent: AGENT, publicId: "jti-1" })).toEqual({ allowed: true });
    await put(stream, "findings", found(1));
    await until(() => !gate.check({ agent: AGENT }).allowed);
    await until(() => !gate.check({ publicId: "jti-1" }).allowed);
    expect(gate.check({ agent: "another", publicId: "jti-2" })).toEqual({ allowed: true });
    const contained = async () =>
      (await incidentsOf(store, PARTITIONS, TENANT, AGENT))[0]?.status === "contained";
    await until(contained);
    await put(stream, "decisions", decision("release") satisfies Decision);
    await until(() => gate.check({ agent: AGENT, publicId: "jti-1" }).allowed);
    expect((await incidentsOf(store, PARTITIONS, TENANT, AGENT))[0]?.status).toBe("released");
    await stop();
  });

  it("denies a token that the agent gets during its quarantine within a second, and none afterwards", async () => {
    const { stream, store, clock, gate, stop } = system();
    await put(stream, "findings", found(1));
    await until(async () => (await outcomes(stream)).length === 1);
    await store.indexTokens([known("jti-new")]);
    await clock.asleep();
    clock.advance(1000);
    await until(() => !gate.check({ publicId: "jti-new" }).allowed);
    clock.advance(60 * MINUTE_MS);
    expect(gate.check({ agent: AGENT, publicId: "jti-new" })).toEqual({ allowed: true });
    await stop();
  });

  it("denies every token of an agent, however many outlast it, and so it does with those that follow", async () => {
    const { stream, store, clock, gate, stop } = system();
    const many = (name: string, count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...known(`${name}-${at}`), expiresAtMs: untilMs + at }));
    const isDenied = (publicId: string) => !gate.check({ publicId }).allowed;
    await store.indexTokens(many("first", 1500));
    await until(() => gate.waitingFor() === undefined);
    await put(stream, "findings", found(1));
    await until(async () => (await outcomes(stream)).length === 1);
    await until(() => ["first-0", "first-1499"].every(isDenied));
    await store.indexTokens(many("second", 1500));
    await clock.asleep();
    clock.advance(1000);
    await until(() => ["second-0", "second-1499"].every(isDenied));
    expect(gate.check({ publicId: "third-0" })).toEqual({ allowed: true });
    await stop();
  });

  it.each([
    ["revoke-family", "open", "failed"],
    ["revoke-token", "contained", "confirmed"],
  ])("after %s alone the incident is %s", async (step, status, result) => {
    const { stream, store, gate, stop } = system(memoryStore(), settings({ do: step }));
    const token = { publicId: "jti-1", family: "grant-1" };
    await put(stream, "findings", { ...found(1), value: misuse(1, { token }) });
    await until(async () => (await outcomes(stream)).length > 0);
    expect((await outcomes(stream)).map(({ value }) => value.result)).toEqual([result]);
    await until(() => hasOutcomeInAudit(store));
    expect((await incidentsOf(store, PARTITIONS, TENANT, AGENT))[0]?.status).toBe(status);
    await until(() => !gate.check({ publicId: "jti-1", family: "grant-1" }).allowed);
    await stop();
  });

  it("tries out without effect in dry-run", async () => {
    const { stream, gate, stop } = system(memoryStore(), settings({ mode: "dry-run" }));
    await put(stream, "findings", found(1));
    await until(async () => (await outcomes(stream)).length === 1);
    expect((await outcomes(stream))[0]?.value.result).toBe("simulated");
    expect(gate.check({ agent: AGENT })).toEqual({ allowed: true });
    await stop();
  });
});

describe("a crash of egress", () => {
  const action = {
    origin: { stage: "responder:findings", partition, position: 0, index: 0 },
    value: {
      id: `a-${"0".repeat(32)}`,
      kind: "quarantine",
      tenant: TENANT,
      agent: AGENT,
      target: { type: "agent", id: AGENT },
      step: "stop",
      occurrence: 0,
      mode: "enforce",
      requestedAt: new Date(NOW_MS).toISOString(),
      expiresAt: new Date(untilMs).toISOString(),
      reason: "left its graph",
    },
  };
  const clock = manualClock(NOW_MS);
  async function crash(stream: Stream, store: Store) {
    const broken = startEgress({ stream, store, clock });
    await put(stream, "actions", action);
    await expect(broken.done).rejects.toThrow("killed");
  }
  async function recover(stream: Stream, store: Store) {
    const service = startEgress({ stream, store, clock });
    await until(async () => (await outcomes(stream)).length > 0);
    await service.stop();
    return outcomes(stream);
  }
  const killed = () => Promise.reject(new Error("killed"));

  it("before the commit: nothing was done, and it is done afterwards", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    await crash(stream, { ...store, commit: killed });
    expect(await outcomes(stream)).toEqual([]);
    expect(await recover(stream, store)).toHaveLength(1);
  });
  it.each([
    ["denials", "the denial is appended afterwards"],
    ["outcomes", "the denial is repeated, which changes nothing, and the outcome follows"],
  ])("before the %s are appended: %s", async (lost) => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    const append: Stream["append"] = (records) =>
      records.some((record) => record.stream === lost) ? killed() : stream.append(records);
    await crash(
      {
        ...stream,
        append: (records) => (records[0]?.stream === "actions" ? stream.append(records) : append(records)),
      },
      store,
    );
    const gate = startGate({ stream, clock });
    const [outcome, ...others] = await recover(stream, store);
    expect(others).toEqual([]);
    expect(outcome?.value).toMatchObject({ result: "confirmed", action: action.value.id });
    await until(() => gate.waitingFor() === undefined && !gate.check({ agent: AGENT }).allowed);
    await gate.stop();
  });
  it("or a plain restart after everything was appended: nothing is appended again", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    await put(stream, "actions", action);
    await recover(stream, store);
    const ends = () => Promise.all(Array.from({ length: PARTITIONS }, (_, at) => stream.end("denials", at)));
    const before = await ends();
    const harmless = {
      origin: { ...action.origin, position: 1 },
      value: { ...action.value, mode: "dry-run" },
    };
    await put(stream, "actions", harmless);
    const again = startEgress({ stream, store, clock });
    await until(async () => (await store.position("egress", partition)) === 2);
    await again.stop();
    expect((await outcomes(stream)).map(({ value }) => value.result)).toEqual(["confirmed", "simulated"]);
    expect(await ends()).toEqual(before);
  });
  it("and an action that is sent again is carried out once", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    const service = startEgress({ stream, store, clock });
    await put(stream, "actions", action);
    await put(stream, "actions", action);
    await until(async () => (await store.position("egress", partition)) === 2);
    await service.stop();
    expect(await outcomes(stream)).toHaveLength(1);
  });
});
