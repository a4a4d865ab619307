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

const announcement = told.newVersion;
const thief = finding(2, {
  severity: "high",
  newVersion: announcement && { ...announcement, quiet: false },
  evidence: { operation: "bank transfer", targets: [] },
});
const alone = finding(3);

/** What a command prints when this system answers, and what it was sent. */
async function asked(...args: string[]) {
  const sent: object[] = [];
  const system = createServer(async (request, response) => {
    const { url = "", method } = request;
    if (method === "POST") sent.push({ url, ...((await readJson(request)) as object) });
    const one = [quiet, loud, told, thief, alone].find((each) => url.endsWith(each.id));
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

describe("what is next", () => {
  const next = async ({ id }: { id: string }) =>
    (await asked("explain", id)).out.split("What next\n")[1]?.replace(/ {2,}/g, "  ") ?? "";
  const approval = "offgraph baseline approve-rollout INCIDENT  as planned";

  it("after a quiet finding is to look at its roll-out, and not at each finding", async () => {
    const steps = await next(told);
    expect(steps).toContain("offgraph incidents  the roll-out");
    expect(steps).toContain(approval);
    expect(steps).toContain(`offgraph baseline confirm ${told.id} --deny`);
    expect(steps).not.toMatch(/quarantine|baseline release/);
  });

  it("after a loud one is also to stop the agent, because a hijack hides in a roll-out", async () => {
    const steps = await next(thief);
    for (const step of [approval, "quarantine", `release ${thief.id}`]) expect(steps).toContain(step);
  });

  it("has no roll-out without a new version", async () => {
    const steps = await next(alone);
    expect(steps).toMatch(/quarantine.*\n.*baseline release/);
    expect(steps).not.toMatch(/rollout|incidents/);
  });

  it("stands behind the evidence that there is, without what is empty", async () => {
    const { out } = await asked("explain", thief.id);
    expect(out).toContain("operation: bank transfer");
    expect(out).not.toContain("targets:");
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

  it("needs a reason to be said, and none to be shown", async () => {
    const shown = await asked("baseline", "approve-rollout", id);
    expect([shown.code, shown.out]).toEqual([
      0,
      expect.stringContaining("--yes with --reason TEXT does it."),
    ]);
    const { code, err, sent } = await asked("baseline", "approve-rollout", id, "--yes");
    expect([code, err, sent]).toEqual([2, expect.stringContaining("give --reason TEXT"), []]);
  });

  it("is refused for an incident of another cause", async () => {
    const { code, err } = await asked("baseline", "approve-rollout", loud.id, "--reason", "planned", "--yes");
    expect([code, err]).toEqual([2, expect.stringContaining("is no roll-out")]);
  });
});
