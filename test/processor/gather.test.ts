import { describe, expect, it } from "vitest";
import type { Entries, Store } from "../../services/ports/store.ts";
import { openProcessorPartition } from "../../services/processor/partition.ts";
import type { ProcessorPartitionOptions } from "../../services/processor/state.ts";
import { call, MINUTE } from "../detectors/given.ts";
import { lines, optionsOf, takeAll } from "./world.ts";

const AGENTS = ["a", "b", "c", "d"];
const GROUPS = AGENTS.map((id) => `default/${id}`);

/** A call of each agent. */
const calls = (minute: number) =>
  lines(...AGENTS.map((id) => ({ ...call(minute * MINUTE), id: `${minute}${id}`, agent: { id } })));

/** Four agents in a store, and what is needed to open their partition again. */
async function stored(): Promise<ProcessorPartitionOptions> {
  const options = optionsOf();
  await options.stream.append(calls(0));
  const partition = await openProcessorPartition(0, options);
  await takeAll(partition, options.stream);
  await partition.commit(true);
  return options;
}

type Wait = (options: ProcessorPartitionOptions) => Promise<unknown>;
/** The next in the queue comes when the partition has been gathered. */
const gathered: Wait = ({ gatherInTurn }) => gatherInTurn(async () => undefined);
const notAtAll: Wait = async () => undefined;

/** Opens the partition, waits, folds calls, waits, folds more of them; answers which groups were asked for. */
async function reopened(options: ProcessorPartitionOptions, ...waits: readonly Wait[]): Promise<string[]> {
  const asked: string[] = [];
  const load: Store["load"] = (space, partition, groups) => {
    asked.push(...groups.filter((group) => group !== "/skips"));
    return options.store.load(space, partition, groups);
  };
  const partition = await openProcessorPartition(0, { ...options, store: { ...options.store, load } });
  for (const [at, wait] of waits.entries()) {
    await wait(options);
    await options.stream.append(calls(1 + at));
    await takeAll(partition, options.stream);
  }
  await partition.commit(true);
  return asked;
}

async function groupsOf(store: Store): Promise<[string, Entries][]> {
  const groups: [string, Entries][] = [];
  for await (const [group, entries] of store.scan("processor", 0)) groups.push([group, entries]);
  return groups;
}

/** What is stored, handed out only when the gate opens. */
function gated(options: ProcessorPartitionOptions, gate: Promise<void>): ProcessorPartitionOptions {
  const scan: Store["scan"] = async function* () {
    const before = await groupsOf(options.store);
    await gate;
    yield* before;
  };
  return { ...options, store: { ...options.store, scan } };
}

describe("the agents of a partition", () => {
  it("are brought into memory as a whole, and then nobody is asked for", async () => {
    expect(await reopened(await stored(), gathered, notAtAll)).toEqual([]);
  });

  it("are asked for as events need them until then, and not overwritten by what was stored before", async () => {
    const [plain, late] = [await stored(), await stored()];
    await reopened(plain, gathered, notAtAll);
    const { promise, resolve } = Promise.withResolvers<void>();
    const open: Wait = (options) => {
      resolve();
      return gathered(options);
    };
    expect(await reopened(gated(late, promise), notAtAll, open)).toEqual(GROUPS);
    expect(await groupsOf(late.store)).toEqual(await groupsOf(plain.store));
  });

  it("are asked for where not all of them have room in memory", async () => {
    const small = { ...(await stored()), maxAgents: () => 4 };
    expect((await reopened(small, gathered)).length).toBeGreaterThan(0);
  });
});
