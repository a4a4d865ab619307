import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { canBeStarted } from "./redis-presence.ts";

describe.runIf(canBeStarted())("npm run servers", () => {
  it("prints the address and the line for the environment, and leaves nothing behind", async () => {
    const script = new URL("main.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [script, "--kafka", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line.startsWith("Ctrl-C")) break;
    }
    const port = Number(/^Redis +127\.0\.0\.1:(\d+)$/.exec(lines[0] ?? "")?.[1]);
    expect(lines).toContain(`export OFFGRAPH_TEST_REDIS=127.0.0.1:${port}`);
    const redis = new Redis(port, { retryStrategy: () => null });
    expect(await redis.ping()).toBe("PONG");
    child.kill("SIGINT");
    expect(await exited).toEqual([0, null]);
    await expect(redis.ping()).rejects.toThrow();
    redis.disconnect();
  });
});
