import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { eventColumns } from "../../schemas/event-view.ts";
import { looksSecret } from "../../services/ingest/secrets.ts";

const scanner = new EventScanner(hashKey(Buffer.alloc(16)), looksSecret);
const columns = eventColumns(1);
const accepts = (line: string) =>
  scanner.scan(Buffer.from(line), 0, Buffer.byteLength(line), columns, 0, true);

const EVENT = {
  id: "e-1",
  kind: "api.called",
  time: "2026-03-02T09:00:00.000Z",
  tenant: "default",
  source: "offgraph",
  agent: { id: "agent-1", version: "1.0", instance: "pod-1", owner: "finance", group: "billing" },
  trustUnit: "unit",
  workflow: "Pay",
  session: "s-1",
  trace: { id: "t-1", span: "sp", parent: "pa" },
  subject: { id: "u-1", type: "person" },
  actors: ["first", "second"],
  token: {
    publicId: "jti-1",
    issuer: "iss",
    family: "fam",
    parent: "jti-0",
    rootGrant: "g",
    audience: ["erp"],
    scopes: ["read"],
    binding: "b",
    proof: "p",
  },
  operation: { service: "erp", name: "read", tier: 0, targets: { recipient: ["a@example.com"] } },
  outcome: { result: "ok", status: 200, reason: "fine" },
  network: { ip: "192.0.2.1", region: "eu", userAgent: "kit", node: "n-1" },
  businessAction: "case-1",
  authentication: { method: "jwt", credential: "c-1" },
};

/** Every place of the event that holds free text, as a way to put another text there. */
function places(value: unknown, rebuild: (text: string) => unknown): ((text: string) => unknown)[] {
  if (typeof value === "string") return [rebuild];
  if (typeof value !== "object" || value === null) return [];
  const copyWith = (name: string, inner: unknown) =>
    Array.isArray(value)
      ? value.map((one, at) => (String(at) === name ? inner : one))
      : { ...value, [name]: inner };
  const spread = (name: string, inner: unknown) =>
    places(inner, (text) => text).map((place) => (text: string) => copyWith(name, place(text)));
  return Object.entries(value).flatMap(([name, inner]) => spread(name, inner));
}
const FIXED = new Set(["kind", "time", "result"]);
const texts = places(EVENT, (text) => text).filter((put) => !FIXED.has(changedBy(put)));

function changedBy(put: (text: string) => unknown): string {
  const changed = JSON.stringify(put("#")).match(/"(\w+)":"#"/);
  return changed?.[1] ?? "";
}

// Made of parts, so that no secret scanner takes this file for a leak.
const SECRETS = [
  `${"ey"}JhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0`,
  `gh${"p_"}abcdefghijklmnopqrst`,
  `github${"_pat_"}abcdefghijklmnopqrst`,
  `gl${"pat-"}abcdefghijklmnopqrst`,
  `xox${"b-"}1234567890`,
  `sk${"-"}abcdefghijklmnopqrst`,
  `AI${"za"}abcdefghijklmnopqrstuvwxyz0123`,
  `ya${"29."}abcdefghijklmnopqrst`,
  `wh${"sec_"}abcdefghijklmnop`,
  `np${"m_"}abcdefghijklmnopqrstuvwxyz0123`,
  `hv${"s."}abcdefghijklmnopqrst`,
  `IQ${"oJ"}${"a".repeat(80)}`,
  `${"-".repeat(5)}BEGIN PRIVATE KEY-----`,
  "Bearer abcdefgh",
  "Basic YWxhZGRpbjpv",
  "authorization: abcd",
  "authorization':abcd",
  "authorization=abcd",
  "redis://:pw@cache",
  "a://u:p@h",
  "password=hunter2",
  "pwd=x",
  "token=abc",
  "api_key%3dabc",
  `${"Aa0".repeat(70)}`,
];

describe("a secret from outside", () => {
  it("is not in the event that the others are planted into", () => {
    expect(accepts(JSON.stringify(EVENT))).toBe(true);
    expect(texts.length).toBe(38);
    for (const put of texts) expect(accepts(JSON.stringify(put("harmless")))).toBe(true);
  });

  it.each(SECRETS)("is left to the door wherever it stands: %s", (secret) => {
    expect(looksSecret(secret)).toBe(true);
    for (const put of texts) expect(accepts(JSON.stringify(put(secret)))).toBe(false);
    for (const put of texts) expect(accepts(JSON.stringify(put(`see ${secret}`)))).toBe(false);
  });

  it("is left to the door as the name of a target's field", () => {
    const secrets = SECRETS.filter((secret) => /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(secret));
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of secrets) {
      const operation = { ...EVENT.operation, targets: { [secret]: ["x"] }, provenance: {} };
      expect(accepts(JSON.stringify({ ...EVENT, operation }))).toBe(false);
      const provenance = { [secret]: "request" };
      expect(accepts(JSON.stringify({ ...EVENT, operation: { ...EVENT.operation, provenance } }))).toBe(
        false,
      );
    }
  });

  it("is left to the door in whatever text the door would find it", () => {
    const parts = [
      "authorization",
      "Bearer",
      "DPoP",
      "basic",
      "token",
      "Pwd",
      "secret",
      "sig",
      "code",
      "key",
      "s",
      "=",
      "%3D",
      ":",
      "'",
      "://",
      "@",
      "?",
      "&",
      ";",
      " ",
      "/",
      "-",
      ".",
      "abc",
      "x9",
      "ghp_",
      "eyJ",
      "sk-",
      "rk_live_",
      "AQoD",
      "a".repeat(20),
    ];
    let found = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 7 }), (chosen) => {
        const text = chosen.join("").slice(0, 256);
        const isSecret = looksSecret(text);
        if (isSecret) found++;
        // What is no secret must not be slowed down for nothing, but that costs only time; the other way round leaks.
        if (isSecret) expect(accepts(JSON.stringify({ ...EVENT, workflow: text })), text).toBe(false);
      }),
      { numRuns: 6000 },
    );
    expect(found).toBeGreaterThan(100);
  });
});
