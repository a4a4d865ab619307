/** What becomes of a record of a topic: its events, whose they are, which trace they belong to, and why it was refused. */
import { expect, it } from "vitest";
import { Tenant } from "../../../schemas/ids.ts";
import { call, NOW, openWorld, type Raw, type WorldOptions } from "./given.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

/** Everything that comes of some records at position 40 of a partition. */
async function comesOf(raws: readonly Raw[], source: WorldOptions["source"] = {}, settings: object = {}) {
  const world = openWorld({ source: { latenessMs: 0, ...source }, settings });
  const partition = world.partition(3);
  await partition.assigned();
  await partition.bring(40, raws);
  await partition.revoked();
  await world.service.stop();
  return { events: await world.events(), letters: await world.letters() };
}

it("has the name of the source, whatever it says itself", async () => {
  const { events } = await comesOf([call("a", 9, { tenant: "other", source: "other" })]);
  expect(events).toMatchObject([
    { id: "a", source: "own", tenant: "default", observedTime: expect.anything() },
  ]);
});

it("has its place as its id where it has none, the same when it is read again", async () => {
  const nameless = call("", 9, { id: undefined });
  const { events } = await comesOf([call("a", 10), nameless]);
  expect(events.map(({ id }) => id)).toEqual(["a", "raw/3/41#0"]);
  expect((await comesOf([call("a", 10), nameless])).events).toEqual(events);
});

it("belongs to the trace that came beside it, unless it names one", async () => {
  const headers = { traceparent: TRACEPARENT };
  const { events } = await comesOf([
    { ...call("beside", 9), headers },
    { ...call("inside", 8, { trace: { id: "own" } }), headers },
    { ...call("none", 7), headers: { traceparent: `00-${"0".repeat(32)}-${SPAN}-01` } },
  ]);
  expect(events.map(({ trace }) => trace)).toEqual([{ id: TRACE, span: SPAN }, { id: "own" }, undefined]);
});

it("has the tenant that a header names; without it, it is nobody's and refused", async () => {
  const tenantHeader = "x-tenant";
  const raws = [
    { ...call("a", 9), headers: { [tenantHeader]: "acme" } },
    { ...call("b", 8), headers: { [tenantHeader]: "globex" } },
    call("c", 7),
    { ...call("d", 6), headers: { [tenantHeader]: "no tenant" } },
  ];
  const { events, letters } = await comesOf(raws, { tenantHeader });
  expect(events.map(({ id, tenant }) => [id, tenant]).toSorted()).toEqual([
    ["a", "acme"],
    ["b", "globex"],
  ]);
  const refused = { code: "invalid-event", tenant: "default", place: "raw/3" };
  expect(letters).toMatchObject([
    { ...refused, line: 42, message: expect.stringMatching(/^header x-tenant: expected a tenant/) },
    { ...refused, line: 43 },
  ]);
});

it("has the tenant of the settings where it has no header and there is one", async () => {
  const settings = { tenant: "acme" };
  const raws = [call("a", 9), { ...call("b", 8), headers: { "x-tenant": "globex" } }];
  const tenants = async (source: WorldOptions["source"]) =>
    (await comesOf(raws, source, settings)).events.map(({ tenant }) => String(tenant)).toSorted();
  expect(await tenants({})).toEqual(["acme", "acme"]);
  const named = { tenant: Tenant.parse("initech") };
  expect(await tenants(named)).toEqual(["initech", "initech"]);
  expect(await tenants({ ...named, tenantHeader: "x-tenant" })).toEqual(["globex", "initech"]);
});

it("may be a whole list of a vendor's records", async () => {
  const { events, letters } = await comesOf(
    [{ value: { Records: [trail("one"), { eventID: "half" }, trail("two")] } }],
    { name: "aws", format: "cloudtrail" },
  );
  expect(events).toMatchObject([
    { id: "one", source: "aws", operation: { service: "s3", name: "GetObject" } },
    { id: "two" },
  ]);
  expect(letters).toMatchObject([
    { code: "unknown-record", source: "aws", line: 40, message: expect.stringMatching(/^Records\[1\]/) },
  ]);
});

it("has its time by its position where the format has no times", async () => {
  const session = { id: "s", agent: "bot", ev: [["mail", "search", {}, "ok", null]] };
  const { events } = await comesOf([{ value: session }, { value: { ...session, id: "t" } }], {
    name: "recorded",
    format: "sessions",
  });
  expect(events.map(({ id, time }) => [id, time])).toEqual([
    ["s#0", "2026-01-01T00:40:00.000Z"],
    ["t#0", "2026-01-01T00:41:00.000Z"],
  ]);
});

it("is set aside with its place when it cannot be read, without its secrets, and nothing behind it waits", async () => {
  const { events, letters } = await comesOf(
    [
      { value: "\u0000\u0001avro" },
      { value: '{"password":"hunter2hunter2"' },
      { value: "x".repeat(300) },
      call("future", -3600),
      call("after", 1),
    ],
    {},
    { ingest: { maxLineBytes: 256 } },
  );
  expect(events.map(({ id }) => id)).toEqual(["after"]);
  expect(letters.map(({ code, place, line, bytes }) => [code, place, line, bytes])).toEqual([
    ["invalid-json", "raw/3", 40, 6],
    ["invalid-json", "raw/3", 41, 28],
    ["line-too-long", "raw/3", 42, 300],
    ["future-event", "raw/3", 43, expect.any(Number)],
  ]);
  expect(JSON.stringify(letters)).not.toContain("hunter2");
});

it("is told of by the first thousand of a batch, and a count of the others", async () => {
  const { letters } = await comesOf(Array.from({ length: 1005 }, () => ({ value: "poison" })));
  expect(letters).toHaveLength(1001);
  expect(letters.at(-1)).toMatchObject({ line: 1044, message: expect.stringMatching(/^and 5 more records/) });
});

const trail = (eventID: string) => ({
  eventID,
  eventTime: new Date(NOW - 60_000).toISOString(),
  eventSource: "s3.amazonaws.com",
  eventName: "GetObject",
  userIdentity: {
    type: "IAMUser",
    arn: "arn:aws:iam::111122223333:user/alice",
    accessKeyId: "AKIAEXAMPLE000000001",
  },
  readOnly: true,
});
