/** What a roll-out looks like on the command line, and how a person approves it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json as readJson } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { finding, NOW_MS } from "../responder/given.ts";
import { ran } from "./command.ts";

const id = `i-${"a".repeat(32)}`;
const agents = Array.from({ length: 12 }, (_, at) => `billing-${at + 1}`);
const rollout = {
  group: "billing",
  versions: ["2.0"],
  parents: ["1.4"],
  announced: false,
  agents,
  edges: ["erp add_label", "bank transfer payee=new@example.com"],
  recognised: ["erp add_label"],
};
const quiet = {
  id,
  tenant: "default",
  agent: "billing-1",
  cause: "rollout",
  status: "open",
  severity: "low",
  updatedAt: new Date(NOW_MS).toISOString(),
  summary: "12 agents of billing run 2.0 instead of 1.4, which was not announced.",
  findings: [],
  findingCount: 36,
  rollout,
  actions: [],
  proposed: [],
};
const loud = { ...quiet, id: `i-${"b".repeat(32)}`, cause: "left-its-graph", rollout: undefined };
const told = finding(1, {
  severity: "low",
  newVersion: {
    version: "2.0",
    parent: "1.4",
    since: new Date(NOW_MS).toISOString(),
    announced: false,
    edge: "erp add_label",
    quiet: true,
  },
});

/** What a command prints when this system answers, and what it was sent. */
async function asked(...args: string[]) {
  const sent: object[] = [];
  const system = createServer(async (request, response) => {
    const { url = "", method } = request;
    if (method === "POST") sent.push({ url, ...((await readJson(request)) as object) });
    const one = [quiet, loud, told].find((each) => url.endsWith(each.id));
    response.end(JSON.stringify(one ?? { incidents: [quiet, loud] }));
  });
  await new Promise<void>((resolve) => system.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(system.address() as AddressInfo).port}`;
  const ended = await ran(...args, "--url", url);
  system.close();
  return { ...ended, sent };
}

describe("a roll-out", () => {
  it("is listed with how many agents it has reached, and any other incident with its agent", async () => {
    const { out } = await asked("incidents");
    expect(out).toMatch(/low +open +12 of billing +rollout +36/);
    expect(out).toMatch(/low +open +billing-1 +left-its-graph +36/);
  });

  it("is shown with its first ten agents", async () => {
    const { out } = await asked("incidents", id);
    expect(out).toContain("announced: false");
    expect(out).toContain("- billing-10\n    - and 2 more");
  });

  it("is named by the findings that are part of it", async () => {
    const { out } = await asked("explain", told.id);
    expect(out.replace(/\s+/g, " ")).toContain(
      "New version 2.0 since 2026-11-22 10:00:00, before it 1.4; no deployment was announced, and so it is told as low",
    );
  });
});

describe("the approval of a roll-out", () => {
  const approve = (...more: string[]) =>
    asked("baseline", "approve-rollout", "i-aaaa…", "--reason", "planned", ...more);

  it("is said for each agent and operation, and not for values", async () => {
    const { sent, out } = await approve("--yes");
    expect(sent).toEqual(
      agents.map((agent) => ({
        url: "/v1/baseline/approve",
        reason: "planned",
        agent,
        service: "erp",
        operation: "add_label",
      })),
    );
    expect(out).toContain("`erp add_label` → baseline of 12 agents");
    expect(out).toContain("`bank transfer payee=new@example.com` → as it is");
  });

  it("is only shown without --yes", async () => {
    const { sent, out } = await approve();
    expect(sent).toEqual([]);
    expect(out).toContain("Nothing was done");
  });

  it("is refused for an incident of another cause", async () => {
    const { code, err } = await asked("baseline", "approve-rollout", loud.id, "--reason", "planned", "--yes");
    expect([code, err]).toEqual([2, expect.stringContaining("is no roll-out")]);
  });
});
