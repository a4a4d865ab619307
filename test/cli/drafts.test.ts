/** What a replay that is ended in the middle leaves behind: nothing. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PROGRAM } from "./command.ts";

let folder: string;
let child: ChildProcess;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offgraph-drafts-"));
});
afterEach(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Starts a replay of standard input, and waits until it writes. */
async function replaying() {
  child = spawn(process.execPath, [PROGRAM, "replay", "-", "--findings", "out.ndjson"], {
    cwd: folder,
    stdio: ["pipe", "ignore", "inherit"],
  });
  await expect
    .poll(() => readdirSync(folder).some((name) => name.includes(".partial-")), { timeout: 20_000 })
    .toBe(true);
}

it.each(["SIGINT", "SIGTERM"] as const)(
  "is ended by %s, and what stood there is as it was",
  async (signal) => {
    writeFileSync(join(folder, "out.ndjson"), "what stood there");
    await replaying();
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([null, signal]);
    expect(readdirSync(folder)).toEqual(["out.ndjson"]);
    expect(readFileSync(join(folder, "out.ndjson"), "utf8")).toBe("what stood there");
  },
);

it("has its file when it was not ended", async () => {
  await replaying();
  child.stdin?.end();
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(readdirSync(folder)).toEqual(["out.ndjson"]);
});
