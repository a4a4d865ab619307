/** A store beside a plain map that is told the same. */
import fc from "fast-check";
import { expect } from "vitest";
import type { GroupChange, Lease, Store } from "../../services/ports/store.ts";
import type { StoreHarness } from "./store.ts";
import { change, contents, plain } from "./store-groups.ts";

type Changes = Record<string, Record<string, Uint8Array | null>>;
type Step =
  | { kind: "commit"; ahead: Changes[]; chunks: Changes[] }
  | { kind: "takeover" }
  | { kind: "reopen" };

const entries = fc.dictionary(
  fc.constantFrom("state", "session", "edges"),
  fc.option(fc.uint8Array({ maxLength: 9 })),
);
const changes = fc.dictionary(fc.constantFrom("a", "b", "ab", "漢"), entries);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      ahead: fc.array(changes, { maxLength: 2 }),
      chunks: fc.array(changes, { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ kind: "takeover" }, { kind: "reopen" }),
  },
);

/** Up to twelve commits, takeovers and restarts. */
export const storeSteps = fc.array(step, { maxLength: 12 });

/** Tells both the same and compares them after each step. */
export async function compareWithMap(harness: StoreHarness, steps: readonly Step[]): Promise<void> {
  let { store } = harness;
  let lease = await store.acquire("processor", 3);
  const model: Record<string, Record<string, string>> = {};
  for (const [position, step] of steps.entries()) {
    if (step.kind === "reopen") store = await harness.reopen();
    else if (step.kind === "takeover") lease = await takeOver(store, lease);
    else {
      for (const chunk of applied(model, step.ahead)) await store.write(lease, chunk);
      await store.commit(lease, applied(model, step.chunks), position + 1);
    }
    expect(await contents(store, "processor", 3)).toEqual(model);
    expect(plain(await store.load("processor", 3, ["a", "b", "ab", "漢"]))).toEqual(model);
  }
}

async function takeOver(store: Store, older: Lease): Promise<Lease> {
  const newer = await store.acquire(older.space, older.partition);
  const commit = store.commit(older, [[change("a", { state: "must not appear" })]], 1);
  await expect(commit).rejects.toMatchObject({ code: "fenced" });
  return newer;
}

/** Applies the chunks to the model, and answers them in the form of the port. */
function applied(model: Record<string, Record<string, string>>, chunks: readonly Changes[]): GroupChange[][] {
  return chunks.map((groups) =>
    Object.entries(groups).map(([group, entries]) => {
      const next = { ...model[group] };
      for (const [name, bytes] of Object.entries(entries)) {
        if (bytes) next[name] = Buffer.from(bytes).toString();
        else delete next[name];
      }
      if (Object.keys(next).length > 0) model[group] = next;
      else delete model[group];
      return {
        group,
        entries: new Map(Object.entries(entries).map(([name, bytes]) => [name, bytes ?? undefined])),
      };
    }),
  );
}
