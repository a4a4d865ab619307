import fc from "fast-check";
import { expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { openDoor } from "../../services/ingest/door.ts";
import { keyedHash, PUBLIC_KEY } from "../../services/ingest/key.ts";
import { call, jwt, NOW } from "./world.ts";

const door = openDoor({
  key: PUBLIC_KEY,
  tenant: "acme",
  source: "gateway",
  tierOf: (_service, name) => (name.startsWith("get") ? 0 : 1),
});

/** The event that the door makes of a call with these changes. */
function admitted(changes: object, observedTimeMs?: number) {
  const admission = door(call("e-1", changes), observedTimeMs);
  if ("refused" in admission) throw new Error(admission.refused.message);
  expect(Event.parse(JSON.parse(admission.line))).toEqual(admission.event);
  return JSON.parse(admission.line);
}
function refusal(changes: object, observedTimeMs?: number) {
  const admission = door(call("e-1", changes), observedTimeMs);
  return "refused" in admission ? admission.refused : undefined;
}

it("writes the fields of an event in one order, whatever order they came in", () => {
  const event = call("e-1", {
    businessAction: "order-1",
    workflow: "refund",
    trace: { span: "s", id: "t" },
    network: {},
  });
  const reversed = Object.fromEntries(Object.entries(event).reverse());
  const lines = [event, reversed]
    .map((input) => door(input))
    .map((admission) => "line" in admission && admission.line);
  expect(lines[0]).toBe(lines[1]);
  expect(lines[0]).toBe(
    '{"id":"e-1","kind":"api.called","time":"2026-01-05T09:59:00.000Z","tenant":"acme","source":"gateway",' +
      '"agent":{"id":"billing","attribution":"named"},"workflow":"refund","trace":{"id":"t","span":"s"},' +
      '"token":{"publicId":"jti-1"},"operation":{"service":"orders-api","name":"refunds.create","tier":1},' +
      '"outcome":{"result":"ok"},"network":{},"businessAction":"order-1"}',
  );
});

it("writes times in UTC to the millisecond", () => {
  const token = { publicId: "j", issuedAt: "2026-01-05T10:58:00+01:00", expiresAt: "2026-01-05T11:00:00.5Z" };
  const event = admitted({ time: "2026-01-05T10:59:00.123987654+01:00", token });
  expect(event.time).toBe("2026-01-05T09:59:00.123Z");
  expect(event.token).toMatchObject({
    issuedAt: "2026-01-05T09:58:00.000Z",
    expiresAt: "2026-01-05T11:00:00.500Z",
  });
});

it("leaves a canonical event as it is", () => {
  const event = admitted({ observedTime: "2026-01-05T09:59:01.000Z" }, NOW);
  const again = door(event, NOW);
  expect("line" in again && again.line).toBe(JSON.stringify(event));
  expect(canonicalLine(event)).toBe(JSON.stringify(event));
});

it("stamps the observed time, unless an upstream collector saw the event earlier", () => {
  expect(admitted({}, NOW).observedTime).toBe("2026-01-05T10:00:00.000Z");
  const earlier = { observedTime: "2026-01-05T09:59:30.000Z" };
  expect(admitted(earlier, NOW).observedTime).toBe(earlier.observedTime);
  expect(admitted({ observedTime: "2026-01-05T11:00:00.000Z" }, NOW).observedTime).toBe(
    "2026-01-05T10:00:00.000Z",
  );
  expect(admitted(earlier).observedTime).toBe(earlier.observedTime);
  expect(admitted({}).observedTime).toBeUndefined();
});

it("refuses an event more than five minutes ahead of its observed time, and not one of five minutes", () => {
  expect(refusal({ time: "2026-01-05T10:05:00.001Z" }, NOW)?.code).toBe("future-event");
  expect(refusal({ time: "2026-01-05T10:05:00.000Z" }, NOW)).toBeUndefined();
  const observedTime = "2026-01-05T09:50:00.000Z";
  expect(refusal({ time: "2026-01-05T09:56:00.000Z", observedTime })?.code).toBe("future-event");
});

it("replaces a token's value by its keyed hash, with or without the name of its scheme", () => {
  const { token } = admitted({ token: { value: "opaque-token" } });
  expect(token).toEqual({ hash: keyedHash(PUBLIC_KEY, "opaque-token") });
  expect(token.hash).toMatch(/^public:[0-9a-f]{32}$/);
  expect(admitted({ token: { value: "Bearer opaque-token" } }).token).toEqual(token);
});

const CLAIMS = {
  jti: "jti-9",
  iss: "https://idp.example.com",
  aud: "orders-api",
  scope: "orders:read orders:write",
  iat: 1767605400,
  exp: 1767609000,
  cnf: { jkt: "thumbprint" },
  client_id: "billing-client",
  sub: "alice",
  act: { sub: "billing", act: { sub: "planner" } },
};

it("reads what a JWT says about itself", () => {
  const value = jwt(CLAIMS);
  const event = admitted({ token: { value }, agent: undefined });
  expect(event).toMatchObject({
    agent: { id: "billing-client", attribution: "claims" },
    subject: { id: "alice" },
    actors: ["billing", "planner"],
    token: {
      publicId: "jti-9",
      hash: keyedHash(PUBLIC_KEY, value),
      issuer: "https://idp.example.com",
      audience: ["orders-api"],
      scopes: ["orders:read", "orders:write"],
      issuedAt: "2026-01-05T09:30:00.000Z",
      expiresAt: "2026-01-05T10:30:00.000Z",
      binding: "thumbprint",
    },
  });
});

it("believes the event before the token", () => {
  const said = { publicId: "own", issuer: "own", audience: [], value: jwt(CLAIMS) };
  const event = admitted({ token: said, subject: { id: "bob" }, actors: ["carol"] });
  expect(event.token).toMatchObject({ publicId: "own", issuer: "own", audience: [], binding: "thumbprint" });
  expect(event).toMatchObject({
    agent: { id: "billing", attribution: "named" },
    subject: { id: "bob" },
    actors: ["carol"],
  });
});

it("leaves out claims that do not fit", () => {
  const value = jwt({
    jti: 7,
    iss: "x".repeat(300),
    exp: 1e300,
    iat: "now",
    aud: [1],
    cnf: 1,
    act: { act: {} },
    sub: "billing",
  });
  const event = admitted({ token: { value }, agent: undefined });
  expect(event.token).toEqual({ hash: keyedHash(PUBLIC_KEY, value) });
  expect(event.agent).toEqual({ id: "billing", attribution: "claims" });
  expect(event).not.toHaveProperty("actors");
  expect(event).not.toHaveProperty("subject");
});

it.each([
  ["agent_id", { agent_id: "a", azp: "b", client_id: "c", sub: "d" }, "a"],
  ["azp", { azp: "b", client_id: "c", sub: "d" }, "b"],
  ["client_id", { client_id: "c", sub: "d" }, "c"],
  ["sub", { sub: "d" }, "d"],
])("takes the claim %s for the agent if none before it is there", (_claim, claims, id) => {
  expect(admitted({ token: { value: jwt(claims) }, agent: undefined }).agent.id).toBe(id);
});

it("makes a principal of a token that nobody knows, and keeps what the event says of the agent", () => {
  expect(admitted({ agent: { instance: "pod-1" } }).agent).toEqual({
    id: "token:jti-1",
    instance: "pod-1",
    attribution: "token",
  });
  const hash = keyedHash(PUBLIC_KEY, "opaque-token");
  expect(admitted({ agent: undefined, token: { value: "opaque-token" } }).agent.id).toBe(`token:${hash}`);
  const long = [1, 2].map(
    (n) => admitted({ agent: undefined, token: { publicId: "x".repeat(255) + n } }).agent.id,
  );
  expect(new Set(long).size).toBe(2);
});

it("takes the revocation of a family by itself, and a refused grant without a token under an agent's name", () => {
  const revoked = { kind: "token.revoked", operation: undefined, agent: undefined, token: { family: "f-1" } };
  expect(admitted(revoked).agent).toEqual({ id: "token:f-1", attribution: "token" });
  const denied = { kind: "token.denied", operation: undefined, token: undefined };
  expect(admitted(denied).agent.id).toBe("billing");
  expect(refusal({ ...denied, agent: undefined })?.message).toBe(
    "agent: expected, because no token is named",
  );
});

it("keeps how the agent was found when an event of ours comes back", () => {
  expect(admitted({ agent: { id: "billing", attribution: "index" } }).agent.attribution).toBe("index");
});

it("asks for the tier that the sender left out", () => {
  const tier = (name: string, tier?: number) =>
    admitted({ operation: { service: "s", name, tier } }).operation.tier;
  expect([tier("getOrder"), tier("putOrder"), tier("getOrder", 2)]).toEqual([0, 1, 2]);
});

it("takes a target as one text or several, and drops those that are no identifiers", () => {
  const targets = (targets: object) =>
    admitted({ operation: { service: "s", name: "n", targets } }).operation.targets;
  expect(targets({ recipient: "a@example.com", order: ["1", "2"] })).toEqual({
    recipient: ["a@example.com"],
    order: ["1", "2"],
  });
  expect(targets({ body: "x".repeat(513), note: "two\nlines", empty: "", id: "x".repeat(512) })).toEqual({
    id: ["x".repeat(512)],
  });
  expect(targets({ body: "x".repeat(513) })).toBeUndefined();
  const many = Array.from({ length: 20 }, (_, n) => `r-${n}`);
  expect(targets({ recipient: many, order: "1" })).toEqual({ recipient: many.slice(0, 16) });
});

it("names at most three problems, with path and expectation, and no value of the sender", () => {
  const changes = { id: "", session: 7, workflow: "secret\n", token: {}, network: { asn: "secret" } };
  const { code, message } = refusal(changes) ?? {};
  expect(code).toBe("invalid-event");
  expect(message).toMatch(
    /^id: .*; workflow: must not contain control characters; session: expected text, got a number; and 2 more$/,
  );
  expect(message).not.toContain("secret");
});

it("hashes an identifier that looks like a secret, so that it still tells one from another", () => {
  const [first, second] = [jwt({ a: 1 }), jwt({ a: 2 })].map((session) => admitted({ session }).session);
  expect(first).toMatch(/^public:[0-9a-f]{32}$/);
  expect(second).not.toBe(first);
  expect(admitted({ session: "s-1" }).session).toBe("s-1");
});

it.each(["publicId", "issuer", "binding", "proof"])(
  "hashes a token's %s that looks like a secret",
  (field) => {
    const [first, second] = [jwt({ a: 1 }), jwt({ a: 2 })].map(
      (secret) => admitted({ token: { publicId: "j", value: "opaque", [field]: secret } }).token[field],
    );
    expect(first).toMatch(/^public:[0-9a-f]{32}$/);
    expect(second).not.toBe(first);
    expect(admitted({ token: { publicId: "j", [field]: "plain" } }).token[field]).toBe("plain");
  },
);

it("treats a token that was given for a public id as the token's value", () => {
  const value = jwt({ jti: "jti-9", sub: "billing" });
  const given = admitted({ agent: undefined, token: { publicId: value } });
  expect(given).toEqual(admitted({ agent: undefined, token: { value } }));
});

it("never throws and never lets in what the schema refuses", () => {
  const key = fc.constantFrom(
    "id",
    "kind",
    "time",
    "agent",
    "token",
    "operation",
    "targets",
    "value",
    "__proto__",
    "x",
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom("api.called", "token.issued", NOW, null, ""),
      fc.jsonValue(),
      tie("object"),
    ),
    object: fc.dictionary(key, tie("any")),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(key, value), (changes) => {
      const admission = door({ ...call("e-1"), ...changes }, NOW);
      if ("event" in admission) Event.parse(JSON.parse(admission.line));
    }),
    { numRuns: 500 },
  );
});
