import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { DetectorFailure } from "../../detectors/fold/hearing.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { memoryStore } from "../../services/adapters/memory.ts";
import { clockOf } from "../../services/group-versions.ts";
import type { Judge } from "../../services/judge.ts";
import type { Store } from "../../services/ports/store.ts";
import { openProcessorPartition, type ProcessorPartition } from "../../services/processor/partition.ts";
import type { ProcessorPartitionOptions } from "../../services/processor/state.ts";
import { contents } from "../conformance/store-groups.ts";
import { type Given, MINUTE } from "../detectors/given.ts";
import { issued, revoked, used } from "../detectors/tokens.ts";
import { lines, optionsOf, takeAll, valuesOf } from "./world.ts";

/** So many that a commit takes three writes. */
const AGENTS = Array.from({ length: 250 }, (_, at) => `agent-${at}`);
const of = (agent: string, given: Given) => ({
  ...given,
  id: `${agent}-${given.kind}`,
  agent: { id: agent },
});
const begun = () => lines(...AGENTS.map((agent) => of(agent, issued())));
/** Use after revocation, by an agent that is among the first to be written and by one among the last. */
const stolen = () =>
  lines(...["agent-3", "agent-230"].flatMap((id) => [of(id, revoked(MINUTE)), of(id, used(20 * MINUTE))]));

/** A store of which each write waits until it is let go. */
function holding() {
  const inner = memoryStore();
  const held: (() => Promise<void>)[] = [];
  let arrived = Promise.withResolvers<void>();
  let isOpen = false;
  const hold = (write: () => Promise<void>) =>
    new Promise<void>((resolve, reject) => {
      held.push(() => write().then(resolve, reject));
      arrived.resolve();
      if (isOpen) letAllGo();
    });
  const store: Store = {
    ...inner,
    write: (lease, chunk) => hold(() => inner.write(lease, chunk)),
    commit: (lease, chunks, position) => hold(() => inner.commit(lease, chunks, position)),
  };
  const letOneGo = async () => {
    for (; held.length === 0; await arrived.promise) arrived = Promise.withResolvers<void>();
    await held.shift()?.();
  };
  const letAllGo = () => {
    isOpen = true;
    for (const go of held.splice(0)) void go();
  };
  return { inner, store, letOneGo, letAllGo };
}

/** A partition that has folded what all agents began with, and what it was opened with; its time to commit has come. */
async function due(store: Store, judge: Judge = optionsOf().judge) {
  let nowMs = 0;
  const options = { ...optionsOf(), store, judge, clock: { now: () => nowMs, sleep: async () => {} } };
  await options.stream.append(begun());
  const partition = await openProcessorPartition(0, options);
  await takeAll(partition, options.stream);
  nowMs = 2000;
  return { options, partition };
}

/** A judge whose token-reuse throws at a position, unless it is left out. */
function failingAt(failing: number): Judge {
  const { judge } = optionsOf();
  const step: Judge["fold"]["step"] = (set, view, position, emit, without) => {
    if (position === failing && !without?.has("token-reuse"))
      throw new DetectorFailure("token-reuse", new Error("broken"));
    return judge.fold.step(set, view, position, emit, without);
  };
  return { ...judge, fold: { ...judge.fold, step } };
}

const findingsOf = async ({ stream }: ProcessorPartitionOptions) =>
  (await valuesOf(stream, "findings")).map((finding) => (finding as { value: { id: string } }).value.id);

const take = async (partition: ProcessorPartition, { stream }: ProcessorPartitionOptions) => {
  await stream.append(stolen());
  await takeAll(partition, stream);
};

/** What the store has in the end when nothing comes in between, and the findings. */
async function undisturbed(judge?: Judge) {
  const store = memoryStore();
  const { options, partition } = await due(store, judge);
  await take(partition, options);
  await partition.commit(true);
  return { contents: await contents(store), findings: await findingsOf(options) };
}

describe("a commit that is under way", () => {
  it("lets events be folded meanwhile, and ends with the position at which it began", async () => {
    const { inner, store, letOneGo } = holding();
    const { options, partition } = await due(store);
    await partition.commit(false);
    await letOneGo();
    await take(partition, options);
    expect(await findingsOf(options)).toHaveLength(2);
    await letOneGo();
    expect(await inner.position("processor", 0)).toBe(0);
    await letOneGo();
    expect(await inner.position("processor", 0)).toBe(250);
  });

  it.each([0, 1, 2, 3])("comes to the same when the process dies after write %i", async (writes) => {
    const { inner, store, letOneGo } = holding();
    const { options, partition } = await due(store);
    await partition.commit(false);
    if (writes > 0) await letOneGo();
    await take(partition, options);
    for (let left = writes - 1; left > 0; left--) await letOneGo();
    const next = await openProcessorPartition(0, { ...options, store: inner });
    await takeAll(next, options.stream);
    await next.commit(true);
    const expected = await undisturbed();
    expect(await contents(inner)).toEqual(expected.contents);
    expect(new Set(await findingsOf(options))).toEqual(new Set(expected.findings));
  });

  it("is ended, and all that came after it committed too, when the partition is given up", async () => {
    const { inner, store, letOneGo } = holding();
    const { options, partition } = await due(store);
    await partition.commit(false);
    await letOneGo();
    await take(partition, options);
    const committed = partition.commit(true);
    for (let write = 2; write <= 4; write++) await letOneGo();
    await committed;
    expect(await inner.position("processor", 0)).toBe(254);
    expect(await contents(inner)).toEqual((await undisturbed()).contents);
  });

  it("begins anew when the store has lost what was written", async () => {
    const inner = memoryStore();
    let isLost = false;
    const store: Store = {
      ...inner,
      write: async (lease, chunk) => (isLost ? inner.write(lease, chunk) : undefined),
      async commit(lease, chunks, position) {
        if (isLost) return inner.commit(lease, chunks, position);
        isLost = true;
        throw new OffgraphError("interrupted", "a server took over");
      },
    };
    const { options, partition } = await due(store);
    await take(partition, options);
    await partition.commit(true);
    expect(isLost).toBe(true);
    expect(await inner.position("processor", 0)).toBe(254);
    expect(await contents(inner)).toEqual((await undisturbed()).contents);
  });

  it("is given up when a detector throws, and folding begins again where the store is", async () => {
    const { inner, store, letOneGo, letAllGo } = holding();
    const { options, partition } = await due(store, failingAt(253));
    await partition.commit(false);
    await letOneGo();
    const taken = take(partition, options);
    letAllGo();
    await taken;
    await partition.commit(true);
    expect(await inner.position("processor", 0)).toBe(254);
    const expected = await undisturbed(failingAt(253));
    expect(await contents(inner)).toEqual(expected.contents);
    expect(new Set(await findingsOf(options))).toEqual(new Set(expected.findings));
    expect(await valuesOf(options.stream, "dead-letters")).toHaveLength(1);
  });

  it("keeps the partition's clock where it was committed when a detector throws at an earlier event", async () => {
    const options = { ...optionsOf(), usesPeers: true, judge: failingAt(1) };
    await options.stream.append(lines(of("ann", issued({}, MINUTE))));
    const partition = await openProcessorPartition(0, options);
    await takeAll(partition, options.stream);
    expect(partition.clockMs()).toBe(0);
    await partition.commit(true);
    const committedMs = partition.clockMs();
    await options.stream.append(lines(of("ben", issued())));
    await takeAll(partition, options.stream);
    await partition.commit(true);
    expect(await options.store.position("processor", 0)).toBe(2);
    expect(await clockOf(options.store, "processor", 0)).toBe(committedMs);
    expect(committedMs).toBeGreaterThan(0);
  });

  it("that fails is told by the next one, and nothing more is folded", async () => {
    const store: Store = {
      ...memoryStore(),
      async write() {
        throw new Error("no store");
      },
    };
    const { options, partition } = await due(store);
    const looks = async () => {
      for (;;) await setImmediate(await partition.commit(false));
    };
    await expect(looks()).rejects.toThrow("no store");
    await expect(take(partition, options)).rejects.toThrow("open it again");
  });
});
