/** Events for property tests: every kind, optional fields there or not, and the many ways to write one as JSON. */
import fc from "fast-check";

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Fields = { [name: string]: Json };

type Text = fc.Arbitrary<string>;

const WORDS = [
  "a",
  "erp",
  "read_invoice",
  "agent-1",
  "Pay supplier invoices",
  "s-19f3",
  "a@example.com",
  "x/y?z",
];
const plainText: Text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
  {
    weight: 4,
    arbitrary: fc.string({ minLength: 1, maxLength: 14, unit: fc.constantFrom(..."abcXYZ019 _-.:/@~") }),
  },
  { weight: 1, arbitrary: fc.constant("n".repeat(64)) },
);
const anyScript = fc.string({
  minLength: 1,
  maxLength: 9,
  unit: fc.constantFrom(...'aé漢😀"\\/<ſ\u2028\ufeff'),
});
/** Text of 1 to 64 characters in any script, as the schema accepts it. */
export const text: Text = fc.oneof({ weight: 3, arbitrary: plainText }, anyScript);

const timeMs = fc.integer({ min: 946_684_800_000, max: 4_102_444_799_999 });
const wholeSeconds = (ms: number) => new Date(ms - (ms % 1000)).toISOString().replace(".000Z", "Z");
const ourTime: Text = fc.oneof(
  { weight: 8, arbitrary: timeMs.map((ms) => new Date(ms).toISOString()) },
  { weight: 2, arbitrary: timeMs.map(wholeSeconds) },
  fc.constantFrom("2024-02-29T23:59:59.999Z", "2000-01-01T00:00:00Z", "2099-12-31T23:59:59Z"),
);
const foreignTime = fc.constantFrom(
  "2026-03-02T09:00:00.123456789Z",
  "2026-03-02T09:00:00+02:00",
  "2026-03-02T09:00:00.1Z",
);
const anyTime: Text = fc.oneof({ weight: 6, arbitrary: ourTime }, foreignTime);

const field = fc.oneof(
  fc.constantFrom(
    "recipient",
    "bucketName",
    "a",
    "a.b",
    "a.b.c",
    "ab",
    "Z9_.-",
    "constructor",
    "f".repeat(64),
  ),
  fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom(..."abz") }),
);
const hash = fc.constantFrom(
  "k1:0123456789abcdef",
  `${"K".repeat(32)}:${"f".repeat(128)}`,
  "_.-:00112233445566778899",
);

/** A record whose fields are all optional, but for those that are named. */
function record(fields: Record<string, fc.Arbitrary<unknown>>, ...required: string[]): fc.Arbitrary<Fields> {
  return fc.record(fields, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<Fields>;
}
const dictionary = (value: fc.Arbitrary<unknown>) =>
  fc.dictionary(field, value, { maxKeys: 4, noNullPrototype: true });

const tokenFields = (text: Text, time: Text) => ({
  publicId: text,
  hash,
  issuer: text,
  family: text,
  generation: fc.constantFrom(0, 1, 7, 2_147_483_647),
  parent: text,
  rootGrant: text,
  audience: fc.array(text, { maxLength: 16 }),
  scopes: fc.array(text, { maxLength: 5 }),
  issuedAt: time,
  expiresAt: time,
  binding: text,
  proof: text,
});

const operationOf = (text: Text) =>
  record(
    {
      service: text,
      name: fc.oneof({ weight: 20, arbitrary: text }, fc.constant("n".repeat(256))),
      tier: fc.constantFrom(0, 1, 2),
      targets: dictionary(fc.array(text, { minLength: 1, maxLength: 4 })),
      provenance: dictionary(fc.constantFrom("request", "output", "neither")),
    },
    "service",
    "name",
    "tier",
  );
const outcomeOf = (text: Text) =>
  record(
    {
      result: fc.constantFrom("ok", "denied", "error"),
      status: fc.constantFrom(0, 200, 401, 999),
      reason: text,
    },
    "result",
  );
const agentOf = (text: Text) =>
  record(
    {
      id: text,
      version: text,
      instance: text,
      owner: text,
      group: text,
      attribution: fc.constantFrom("named", "claims", "index", "token"),
    },
    "id",
  );
const networkOf = (text: Text) =>
  record({
    ip: text,
    asn: fc.constantFrom(0, 64496, 4_294_967_295),
    region: text,
    userAgent: text,
    node: text,
    provider: fc.boolean(),
  });

const commonOf = (text: Text, time: Text) => ({
  id: text,
  time,
  observedTime: time,
  tenant: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
  source: text,
  trustUnit: text,
  workflow: text,
  session: text,
  trace: record({ id: text, span: text, parent: text }, "id"),
  subject: record({ id: text, type: text }, "id"),
  actors: fc.array(text, { maxLength: 8 }),
  businessAction: text,
  network: networkOf(text),
  authentication: record({ method: text, credential: text }, "method"),
});

const WITH_TOKEN = ["token.issued", "token.exchanged", "token.refreshed", "token.attributed"];
const CHANGES = ["registered", "deployed", "attested", "decommissioned"];

/** Events of the kinds that the scanner knows in full, and of all kinds. */
function events(text: Text, time: Text) {
  const common = commonOf(text, time);
  const always = ["id", "kind", "time", "tenant", "source"];
  const ofKind = (kind: string, own: Record<string, fc.Arbitrary<unknown>>, ...required: string[]) =>
    record(
      { kind: fc.constant(kind), ...common, agent: agentOf(text), ...own },
      ...always,
      "agent",
      ...required,
    );
  const fields = tokenFields(text, time);
  const token = fc.oneof(record(fields, "publicId"), record(fields, "hash"));
  const revocable = fc.oneof(token, record(fields, "family"), record(fields, "rootGrant"));
  const [operation, outcome] = [operationOf(text), outcomeOf(text)];
  const decision = record(
    {
      verdict: fc.constantFrom("approve-edge", "undo"),
      ...{ by: text, reason: text, subject: text, session: text, baseline: text, edges: fc.boolean() },
    },
    "verdict",
    "by",
  );
  const policy = record({ name: text, verdict: fc.constantFrom("allow", "deny") }, "name", "verdict");
  const known = fc.oneof(
    { weight: 4, arbitrary: ofKind("api.called", { operation, outcome, token }, "operation") },
    ...WITH_TOKEN.map((kind) => ofKind(kind, { token, outcome }, "token")),
    ofKind("token.denied", { token, outcome }),
    ofKind("token.revoked", { token: revocable, outcome }, "token"),
    ofKind("identity.changed", { change: fc.constantFrom(...CHANGES) }, "change"),
    record({ kind: fc.constant("tick"), ...common }, ...always),
  );
  const rare = [
    ofKind("policy.decided", { policy, operation, token }, "policy"),
    ofKind("decision.made", { decision, operation }, "decision"),
  ];
  return { known, all: fc.oneof({ weight: 8, arbitrary: known }, ...rare) };
}

/** An event as the scanner accepts it from outside: plain text, times as we write them. */
export const plainEvent: fc.Arbitrary<Fields> = events(plainText, ourTime).known;
/** An event of a kind that the scanner knows in full, with text of any script. */
export const knownEvent: fc.Arbitrary<Fields> = events(text, anyTime).known;
/** Any event that the schema accepts. */
export const event: fc.Arbitrary<Fields> = events(text, anyTime).all;
