import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writeBenchFile } from "./data.ts";
import { plainReplay } from "./plain.ts";
import { replayFile } from "./replay-file.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** One session in twenty is an attack, or none is. */
function file(name: string, oneAttackIn: number): string {
  const path = join(folder, name);
  writeBenchFile(path, { events: 8000, agents: 50, seed: 1, oneAttackIn });
  return path;
}

describe("the plain reference", () => {
  it("does comparable work: it finds about as much as the product", async () => {
    const path = file("attacked.ndjson", 20);
    let found = 0;
    await replayFile(path, () => found++);
    const { events, findings } = await plainReplay(path);
    expect(events).toBe(8000);
    expect(found).toBeGreaterThan(10);
    expect(findings).toBeGreaterThan(found / 3);
    expect(findings).toBeLessThan(found * 3);
  });
});
