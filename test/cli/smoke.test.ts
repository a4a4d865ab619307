/** The program starts as people start it, and does its least. */
import { expect, it } from "vitest";
import { spawned } from "./command.ts";

const CALL = {
  id: "c-1",
  kind: "api.called",
  time: "2026-03-02T09:00:00.000Z",
  agent: { id: "billing" },
  operation: { service: "erp", name: "read_invoice" },
};

it("replays one line in a process of its own, and answers in JSON", async () => {
  const input = `${JSON.stringify(CALL)}\n`;
  const { code, out, err } = await spawned(["replay", "-", "--json"], { input });
  expect([code, err]).toEqual([0, ""]);
  expect(JSON.parse(out)).toMatchObject({ events: 1, agents: 1, rejected: 0, findings: 0 });
});

it("tells of a line that is no event, and ends with another code", async () => {
  const { code, out } = await spawned(["replay", "-", "--json"], { input: "{}\n" });
  expect(code).not.toBe(0);
  expect(JSON.parse(out)).toMatchObject({ events: 0, rejected: 1 });
});
