import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { call, jwt, linesOf, openWorld } from "./world.ts";

let world: Awaited<ReturnType<typeof openWorld>>;
const LARGE = {
  ingest: { maxBodyBytes: 300_000_000, maxPendingBytes: 1_200_000_000, maxLineBytes: 1_048_576 },
};
beforeEach(async () => {
  world = await openWorld(LARGE);
});
afterEach(async () => {
  expect(world.faults).toEqual([]);
  await world.close();
});

const GZIP = { "content-encoding": "gzip" };
const good = (id: string) => JSON.stringify(call(id));
const ids = async () => (await linesOf(world.stream, "events")).map((line) => JSON.parse(line).id).sort();
const letters = async () => (await linesOf(world.stream, "dead-letters")).map((line) => JSON.parse(line));

/** Sends a line between two good ones, which are taken. @returns how it was rejected, if it was. */
async function between(bad: string | Uint8Array) {
  const body = Buffer.concat([
    Buffer.from(`${good("a")}\n`),
    Buffer.from(bad),
    Buffer.from(`\n${good("b")}`),
  ]);
  const answer = await world.post(gzipSync(body, { level: 1 }), GZIP);
  expect(answer.status).toBe(202);
  expect((await ids()).filter((id) => id === "a" || id === "b")).toEqual(["a", "b"]);
  return answer.body.rejected.find(({ line }) => line === 2);
}

it("takes what came before the end of a truncated gzip body, and says from which line on it is missing", async () => {
  // What does not compress comes out as it goes in, so that half of the body holds about half of the lines.
  const lines = Array.from({ length: 1000 }, (_, n) =>
    JSON.stringify(call(`e-${n}`, { session: randomBytes(96).toString("hex") })),
  );
  const whole = gzipSync(lines.join("\n"));
  const { status, body } = await world.post(whole.subarray(0, whole.length / 2), GZIP);
  expect(status).toBe(202);
  expect(body.rejected).toMatchObject([{ line: body.accepted + 1, code: "file-truncated" }]);
  expect(body.accepted).toBeGreaterThan(300);
  expect((await ids()).length).toBe(body.accepted);
});

it("takes nothing of a damaged gzip body", async () => {
  const whole = gzipSync(`${good("a")}\n${good("b")}`);
  whole.writeUInt32LE(0, whole.length - 8); // the checksum
  expect(await world.post(whole, GZIP)).toMatchObject({ status: 400, body: { code: "file-unreadable" } });
  expect(await world.post(good("a"), GZIP)).toMatchObject({ status: 400, body: { code: "file-unreadable" } });
  expect(await ids()).toEqual([]);
});

it("rejects a line that is not UTF-8", async () => {
  expect(await between(Buffer.from('{"id":"\xff"}', "latin1"))).toMatchObject({ code: "invalid-utf8" });
});

it("rejects a line of 100 MB and goes on after it", async () => {
  const piece = gzipSync(Buffer.alloc(10_000_000, "a"), { level: 1 });
  const body = Buffer.concat([
    gzipSync(`${good("a")}\n{"id":"`),
    ...Array.from({ length: 10 }, () => piece),
    gzipSync(`"}\n${good("b")}`),
  ]);
  const answer = await world.post(body, GZIP);
  expect(answer.body).toMatchObject({ accepted: 2, rejected: [{ line: 2, code: "line-too-long" }] });
  expect(await ids()).toEqual(["a", "b"]);
  expect(await letters()).toMatchObject([{ code: "line-too-long", line: 2, bytes: 100_000_009 }]);
});

const DEEP = "[".repeat(100_000) + "]".repeat(100_000);

it("ignores unknown fields, however deep", async () => {
  const { body } = await world.post(`${good("a").slice(0, -1)},"unknown":${DEEP}}`);
  expect(body).toMatchObject({ accepted: 1, rejected: [] });
});

it.each([
  ["broken JSON", '{"id":', "invalid-json", "expected JSON"],
  ["nesting 100,000 deep", DEEP, "invalid-event", "record: expected an object"],
  [
    "nesting 100,000 deep where text is expected",
    `{"kind":"api.called","id":${DEEP}}`,
    "invalid-event",
    "id: expected text",
  ],
  ["a number for an event", "7", "invalid-event", "record: expected an object"],
  [
    "wrong types",
    JSON.stringify(call("x", { session: 7, network: [] })),
    "invalid-event",
    "session: expected text",
  ],
  [
    "a number beyond all numbers",
    good("x").replace('"tier":1', '"tier":1e400'),
    "invalid-event",
    "operation.tier",
  ],
  [
    "a huge status",
    JSON.stringify(call("x", { outcome: { result: "ok", status: 1e300 } })),
    "invalid-event",
    "outcome.status",
  ],
  [
    "a date in 1900",
    JSON.stringify(call("x", { time: "1900-01-01T00:00:00Z" })),
    "invalid-event",
    "2000-01-01",
  ],
  [
    "a date in 2900",
    JSON.stringify(call("x", { time: "2900-01-01T00:00:00Z" })),
    "invalid-event",
    "2099-12-31",
  ],
  [
    "a date in the future",
    JSON.stringify(call("x", { time: "2026-01-05T10:05:01Z" })),
    "future-event",
    "five minutes",
  ],
  ["a tick", '{"kind":"tick","id":"x","time":"2026-01-05T09:59:00Z"}', "invalid-event", "kind"],
  ["a decision", JSON.stringify(call("x", { kind: "decision.made" })), "invalid-event", "kind"],
  [
    "neither agent nor token",
    JSON.stringify(call("x", { agent: undefined, token: undefined })),
    "invalid-event",
    "agent",
  ],
])("rejects %s", async (_name, line, code, message) => {
  const rejected = await between(line);
  expect(rejected).toMatchObject({ code });
  expect(rejected?.message).toContain(message);
});

it("is not impressed by keys that would change prototypes", async () => {
  const targets = '{"__proto__":["x"],"constructor":["y"],"recipient":["z"]}';
  const line = `${good("x").slice(0, -1)},"__proto__":{"tenant":"other","polluted":1}}`.replace(
    '"tier":1',
    `"tier":1,"targets":${targets}`,
  );
  await between(line);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  const [event] = (await linesOf(world.stream, "events")).filter((event) => event.includes('"x"'));
  expect(event).toContain('"targets":{"constructor":["y"],"recipient":["z"]}');
  expect(event).not.toContain("__proto__");
});

it("takes the last of two fields of one name, and writes one", async () => {
  await world.post(`{"id":"first",${good("second").slice(1)}`);
  expect(await ids()).toEqual(["second"]);
});

it("reads past a byte order mark and ends of line with a carriage return", async () => {
  const { body } = await world.post(`\ufeff${good("a")}\r\n\r\n${good("b")}\r\n`);
  expect(body).toEqual({ accepted: 2, rejected: [], rejectedTotal: 0 });
});

it("takes nothing of a request whose connection breaks, and goes on", async () => {
  const half = `${good("a")}\n`.repeat(300);
  const headers = { "content-type": "application/x-ndjson", "content-length": 2 * half.length };
  const broken = request(`${world.url}/v1/events`, { method: "POST", headers });
  broken.on("error", () => {});
  await new Promise((resolve) => broken.write(half, resolve));
  broken.destroy();
  await new Promise((resolve) => broken.once("close", resolve));
  expect((await world.post(good("b"))).status).toBe(202);
  expect(await ids()).toEqual(["b"]);
});

it("keeps no secret, wherever it came and whatever was wrong with the line", async () => {
  const secrets = [
    "opaque-4711-one",
    "opaque-4711-two",
    "opaque-4711-three",
    "opaque-4711-four",
    "opaque-4711-five",
  ];
  const [one, two, three, four, five] = secrets;
  const token = jwt({ sub: "billing", jti: "jti-9" });
  const github = `ghp_${"a1B2".repeat(9)}`;
  const { text } = await world.post(
    Buffer.concat([
      Buffer.from(`${JSON.stringify(call("a", { token: { value: one } }))}\n`),
      Buffer.from(
        `${JSON.stringify(call("b", { token: { value: token }, network: { userAgent: `x ${github}` } }))}\n`,
      ),
      Buffer.from(
        `${JSON.stringify(call("c", { token: { publicId: token }, session: token, workflow: `w ${token}` }))}\n`,
      ),
      Buffer.from(`${JSON.stringify(call("d", { token: { value: two }, kind: "wrong" }))}\n`),
      Buffer.from(`{"id":"e","token":{"value":"${three}","more":${github}\n`),
      Buffer.from(`{"id":"f","token":{"va\\u006cue":"${four}\n`),
      Buffer.from(`{"token":{"value":"${five}"},"id":"\xff ${token}`, "latin1"),
      Buffer.from(`\n{"${github}":1,"id":"Bearer ${token}","targets":{"x":["${"y".repeat(2_000_000)}"]}}\n`),
      Buffer.from(
        JSON.stringify(call("g", { operation: { service: "s", name: "n", targets: { [github]: 1 } } })),
      ),
    ]),
  );
  expect((await ids()).length).toBe(3);
  expect((await letters()).length).toBe(6);
  const kept = [
    ...(await linesOf(world.stream, "events")),
    ...(await linesOf(world.stream, "dead-letters")),
    text,
  ].join();
  for (const secret of [...secrets, token, ...token.split("."), github]) expect(kept).not.toContain(secret);
});
