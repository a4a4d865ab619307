import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "offgraph-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));
const MAIN = new URL("./main.ts", import.meta.url).pathname;
const bench = (...args: string[]) =>
  execute(process.execPath, [MAIN, "--events", "3000", "--runs", "2", ...args], {
    env: { ...process.env, TMPDIR: folder },
  });

describe("npm run bench", () => {
  it("prints a table, writes the figures for scripts, and leaves no file behind", async () => {
    const json = join(folder, "figures.json");
    const { stdout } = await bench("--only", "scan", "--only", "determinism", "--json", json);
    const figures = JSON.parse(readFileSync(json, "utf8")) as {
      name: string;
      runs: number[];
      ratio?: number;
    }[];
    expect(figures.map(({ name }) => name)).toEqual([
      "scan strict",
      "scan strict cpu",
      "scan trusted",
      "scan trusted cpu",
      "JSON.parse",
      "JSON.parse cpu",
      "findings, the same thrice",
    ]);
    for (const { name } of figures) expect(stdout).toContain(name);
    expect(figures[0]).toMatchObject({ unit: "events/s", against: "JSON.parse", ratio: expect.any(Number) });
    expect(figures[0]?.runs.length).toBe(2);
    expect(figures[4]?.ratio).toBeUndefined();
    expect(readdirSync(folder)).toEqual(["figures.json"]);
  });

  it("ends with 1 and the names of the cases when asked for one that it does not have", async () => {
    await expect(bench("--only", "speed")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("replay, scan"),
    });
  });
});
