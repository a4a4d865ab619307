import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { IncidentAction } from "../../schemas/action.ts";
import { actionInWords } from "../../services/cli/sentences.ts";
import { ran } from "./command.ts";

const id = (first: string) => `i-${first.padEnd(32, "0")}`;
const ask = {
  id: "a-1",
  kind: "quarantine",
  target: { type: "agent", id: "billing" },
  step: "stop",
  mode: "enforce",
  requestedAt: "2026-01-05T10:00:00.000Z",
  expiresAt: "2026-01-05T11:00:00.000Z",
  result: "pending",
} as IncidentAction;
const incident = {
  id: id("abcd1"),
  findings: Array.from({ length: 100 }, (_, at) => `f-${at}`),
  findingCount: 300,
  tenant: "default",
  status: "open",
  summary: "odd",
  actions: [ask],
  proposed: [],
};

/** What a command prints when this system answers. */
async function asked(...args: string[]) {
  const system = createServer(({ url = "" }, response) => {
    const known = [incident, { ...incident, id: id("abcd2") }];
    const one = known.find((each) => url.endsWith(each.id));
    if (url.includes("?")) response.end(JSON.stringify({ incidents: known }));
    else if (one) response.end(JSON.stringify(one));
    else
      response
        .writeHead(404)
        .end(JSON.stringify({ code: "not-found", message: `there is no incident ${url}` }));
  });
  await new Promise<void>((resolve) => system.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(system.address() as AddressInfo).port}`;
  const ended = await ran("incidents", ...args, "--url", url);
  system.close();
  return ended;
}

describe("one incident", () => {
  it("is shown with what was done first, and of many findings ten", async () => {
    const { out } = await asked(incident.id);
    expect(out).toMatch(
      /summary: odd\nstatus: open\n.*actions:\n.*quarantine agent billing.*proposed: .*findings:\n/s,
    );
    expect(out.match(/f-\d+/g)).toHaveLength(10);
    expect(out).toContain("f-99\n  - and 290 more");
    expect(JSON.parse((await asked(incident.id, "--json")).out)).toEqual(incident);
  });

  it("is found by the beginning of its id, as long as no other begins so", async () => {
    expect((await asked("i-abcd1…")).out).toContain(incident.id);
    const { code, err } = await asked("i-abcd3");
    expect([code, err]).toEqual([65, expect.stringContaining("there is no incident")]);
    const both = await asked("i-abcd");
    expect([both.code, both.err]).toEqual([2, expect.stringContaining("2 incidents begin with i-abcd")]);
  });
});

describe("an action in words", () => {
  const nowMs = Date.parse("2026-01-05T10:30:00Z");
  const confirmed: IncidentAction = { ...ask, result: "confirmed", resultAt: "2026-01-05T10:00:01.000Z" };
  const words = (change: Partial<IncidentAction>, at = nowMs) =>
    actionInWords({ ...confirmed, ...change }, at);

  it("says what was asked of what, when, and what came of it", () => {
    expect(actionInWords(ask, nowMs)).toBe(
      "2026-01-05 10:00:00  quarantine agent billing: pending, until 2026-01-05 11:00:00  [stop]",
    );
    expect(words({})).toContain("billing: confirmed 2026-01-05 10:00:01, until 2026-01-05 11:00:00");
    expect(words({}, nowMs + 3_600_000)).toContain("over since 2026-01-05 11:00:00");
  });

  it("says when it was released, why it failed, and that it was only tried out", () => {
    expect(words({ releasedAt: "2026-01-05T10:10:00.000Z" })).toMatch(
      /, released 2026-01-05 10:10:00 {2}\[stop\]$/,
    );
    expect(words({ result: "failed", detail: "too late" })).toMatch(/: failed [\d :-]+, too late {2}\[/);
    expect(words({ mode: "dry-run", result: "simulated" })).toMatch(
      /billing \(dry-run\): simulated [\d :-]+ {2}\[/,
    );
  });

  it("names a token once", () => {
    expect(words({ kind: "revoke-token", target: { type: "token", id: "jti-1" } })).toContain(
      " revoke-token jti-1:",
    );
  });
});
