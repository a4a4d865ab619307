import { expect, it } from "vitest";
import { call, HOUR, MINUTE, world } from "./given.ts";

const workflow = (name: string, instance: string, atMs: number) =>
  call(atMs, { workflow: name, agent: { id: "a", instance }, token: { publicId: "t", family: "f" } });

it("keeps the sessions of one grant apart by workflow and by instance", () => {
  const given = world();
  given.sees(workflow("Ask", "pod-1", 0), workflow("Pay", "pod-1", 1), workflow("Ask", "pod-2", 2));
  expect(given.agent().sessionCount).toBe(3);
});

it("goes on with the session of a grant while its workflow and instance are the same", () => {
  const given = world();
  given.sees(workflow("Ask", "pod-1", 0), workflow("Ask", "pod-1", MINUTE));
  expect(given.agent().sessionCount).toBe(1);
});

it("takes a session that is named as it is, whatever workflow its events name", () => {
  const given = world();
  given.sees(call(0, { session: "s", workflow: "Ask" }), call(1, { session: "s", workflow: "Pay" }));
  expect(given.agent().sessionCount).toBe(1);
});

it("ends a session that was idle for half an hour when its agent acts again", () => {
  const given = world();
  given.sees(call(0, { session: "s" }), call(HOUR, { session: "t" }));
  expect(given.agent().sessionCount).toBe(1);
});
