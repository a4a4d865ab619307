import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { PROGRAM, spawned } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-ending-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the process", () => {
  it("says in one line what no command has caught, and ends with 70", async () => {
    const odd = 'process.once("beforeExit", () => { Promise.reject(new Error("odd")); });';
    const { code, err } = await spawned(["config", "token"], {
      env: { NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(odd)}"` },
    });
    expect([code, err]).toEqual([70, "offgraph: an error inside Offgraph: odd\n"]);
  });
});

describe("the demo", () => {
  it("leaves no folder behind when its reader has seen enough", async () => {
    const temporary = join(folder, "temporary");
    mkdirSync(temporary);
    const child = spawn(process.execPath, [PROGRAM, "demo", "--exit", "--port", "0"], {
      env: { PATH: process.env.PATH, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "ignore"],
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
