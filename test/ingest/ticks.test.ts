import { expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { memoryStream } from "../../services/adapters/memory.ts";
import { startTicks } from "../../services/ingest/ticks.ts";
import type { Clock } from "../../services/ports/clock.ts";
import { linesOf, NOW } from "./world.ts";

/** A clock whose sleepers wait until it is told to go on. */
function manualClock() {
  let nowMs = NOW;
  let wake = () => {};
  let asleep = () => {};
  let sleeping = new Promise<void>((resolve) => {
    asleep = resolve;
  });
  const clock: Clock = {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener("abort", () => resolve());
        wake = () => {
          nowMs += ms;
          resolve();
        };
        asleep();
      }),
  };
  return {
    clock,
    /** Resolves when somebody sleeps. */
    sleeping: () => sleeping,
    /** Lets the sleeper wake, and resolves when it sleeps again. */
    pass() {
      sleeping = new Promise((resolve) => {
        asleep = resolve;
      });
      wake();
      return sleeping;
    },
  };
}

it("appends a tick to every partition at once and every ten seconds, until it is stopped", async () => {
  const { clock, sleeping, pass } = manualClock();
  const stream = memoryStream(3);
  const ticks = startTicks({ stream, clock, tenant: "acme" });
  await sleeping();
  await pass();
  await ticks.stop();
  await ticks.done;
  const lines = (await linesOf(stream, "events")).map((line) => Event.parse(JSON.parse(line)));
  const at = (partition: number, second: number) => ({
    id: `tick-${partition}-${NOW + second * 1000}`,
    kind: "tick",
    time: new Date(NOW + second * 1000).toISOString(),
    observedTime: new Date(NOW + second * 1000).toISOString(),
    tenant: "acme",
    source: "offgraph",
  });
  expect(lines).toEqual([0, 1, 2].flatMap((partition) => [at(partition, 0), at(partition, 10)]));
});

it("goes on when the log does not take a tick, and says so meanwhile", async () => {
  const { clock, sleeping, pass } = manualClock();
  const stream = memoryStream(1);
  let down = true;
  const failing = {
    ...stream,
    append: (...records: Parameters<typeof stream.append>) =>
      down ? Promise.reject(new Error("no space left")) : stream.append(...records),
  };
  const ticks = startTicks({ stream: failing, clock, tenant: "acme" });
  await sleeping();
  expect(ticks.waitingFor()).toBe("the log to take a tick");
  down = false;
  await pass();
  expect(ticks.waitingFor()).toBeUndefined();
  await ticks.stop();
  expect((await linesOf(stream, "events")).length).toBe(1);
});
