import { expect, it } from "vitest";
import { OffgraphError } from "../schemas/errors.ts";
import { every } from "../services/every.ts";
import { manualClock } from "./responder/manual-clock.ts";

/** Work every second that ends as it is told to, one end after the other. */
function working(...ends: (() => Promise<void>)[]) {
  const [clock, stopping] = [manualClock(), new AbortController()];
  let done = 0;
  const ended = every(clock, 1000, stopping.signal, async () => ends[done++]?.());
  const pass = async () => {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
    return done;
  };
  return { pass, ended, stop: () => stopping.abort() };
}

it("is done after each interval, and no more after the signal", async () => {
  const { pass, ended, stop } = working();
  expect([await pass(), await pass()]).toEqual([1, 2]);
  stop();
  await ended;
  expect(await pass()).toBe(2);
});

it("goes on when an owner was fenced, and ends with any other error", async () => {
  const { pass, ended } = working(
    () => Promise.reject(new OffgraphError("fenced", "another has taken over")),
    () => Promise.reject(new Error("disk full")),
  );
  const failed = expect(ended).rejects.toThrow("disk full");
  expect([await pass(), await pass(), await pass()]).toEqual([1, 2, 2]);
  await failed;
});
