import fc from "fast-check";
import { expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { openDoor } from "../../services/ingest/door.ts";
import { PUBLIC_KEY } from "../../services/ingest/key.ts";
import { looksSecret, scrub, scrubRecord, scrubText } from "../../services/ingest/secrets.ts";
import { call, jwt } from "./world.ts";

const letters = (length: number) => "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8".repeat(40).slice(0, length);

/** Every shape, made up. */
const SECRETS = {
  JWT: jwt({ sub: "billing" }),
  "GitHub token": `ghp_${letters(36)}`,
  "GitHub OAuth token": `gho_${letters(36)}`,
  "GitHub fine-grained token": `github_pat_${letters(22)}_${letters(59)}`,
  "GitLab token": `glpat-${letters(20)}`,
  "Slack bot token": `xoxb-123456789012-${letters(24)}`,
  "Slack user token": `xoxp-123456789012-${letters(24)}`,
  "API key of a model provider": `sk-proj-${letters(40)}`,
  "Google API key": `AIza${letters(35)}`,
  "webhook secret": `whsec_${letters(32)}`,
  "webhook signing key": `whsk_${letters(64)}`,
  "npm token": `npm_${letters(36)}`,
  "Vault token": `hvs.${letters(90)}`,
  "old Vault token": `s.${letters(24)}`,
  "AWS session token": `IQoJb3JpZ2luX2Vj${letters(300)}`,
  "older AWS session token": `FwoGZXIvYXdzE${letters(300)}`,
  "long base64": `${letters(240)}+/==`,
} as const;

/** Secrets known by what stands before them: the text, and the part that must go. */
const PLACES = [
  [`Bearer ${letters(12)}`, letters(12)],
  [`Authorization: Basic ${letters(16)}`, letters(16)],
  ["authorization=hunter2", "hunter2"],
  ["https://alice:hunter2@example.com/x", "hunter2"],
  ["https://alice:hunt@er2@example.com/x", "er2"],
  ["https://example.com/x?token=hunter2&y=1", "hunter2"],
  ["https://example.com/x?y=1&key=hunter2", "hunter2"],
  ["https://example.com/x?access_token=hunter2#top", "hunter2"],
  ["https://example.com/x?client_secret=hunter2", "hunter2"],
  ["https://example.com/x?password=hunter2", "hunter2"],
  ["https://example.com/x?signature=hunter2", "hunter2"],
  ["https://s3.example.com/x?X-Amz-Signature=hunter2", "hunter2"],
  ["https://s3.example.com/x?X-Amz-Security-Token=hunter2", "hunter2"],
  ["https://example.com/x?next=%3Ftoken%3Dhunter2", "hunter2"],
  ["aws_secret_access_key=hunter2", "hunter2"],
  ["-----BEGIN RSA PRIVATE KEY----- hunter2 -----END RSA PRIVATE KEY-----", "hunter2"],
  ["-----BEGIN PRIVATE KEY----- hunter2", "hunter2"],
] as const;

/** What looks a little like a secret and is none. */
const PUBLIC = [
  "AKIAIOSFODNN7EXAMPLE",
  "ASIAIOSFODNN7EXAMPLE",
  "https://s3.example.com/x?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE",
  "https://s3.example.com/x?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/20260105/eu-west-1/s3/aws4_request",
  "b3b1b7f4-1c0d-4a67-9d27-0fd1d3a5f2c1",
  `public:${"0123456789abcdef".repeat(2)}`,
  "token:jti-1",
  "task-runner-for-the-billing-department",
  "risk-assessment-of-a-whole-quarter-2026",
  "arn:aws:iam::123456789012:role/billing-agent",
  `projects/${"a-long-path/".repeat(30)}`,
  "https://alice@example.com/x?page=2&sort=key",
  "bearer of bad news",
  "invalid_token",
  "s.example.com",
] as const;

it.each(Object.entries(SECRETS))("removes a %s and leaves the text around it", (_name, secret) => {
  expect(looksSecret(secret)).toBe(true);
  expect(scrubText(`before ${secret}, after`)).toBe("before [removed], after");
});

it.each(PLACES)("removes the secret from %s", (text, secret) => {
  expect(looksSecret(text)).toBe(true);
  expect(scrubText(text)).toContain("[removed]");
  expect(scrubText(text)).not.toContain(secret);
});

it.each(PUBLIC)("leaves %s alone", (text) => {
  expect(looksSecret(text)).toBe(false);
  expect(scrubText(text)).toBe(text);
});

it("finds nothing more in what it has cleaned", () => {
  for (const text of [...Object.values(SECRETS), ...PLACES.map(([text]) => text)])
    expect(scrubText(scrubText(text))).toBe(scrubText(text));
});

it("cleans every text of an object, at any depth, and drops fields that are secrets by name", () => {
  const secret = SECRETS["GitHub token"];
  const object = { a: [`x ${secret}`, { b: secret, c: 7, [secret]: "x" }], d: "kept" };
  scrub(object);
  expect(object).toEqual({ a: ["x [removed]", { b: "[removed]", c: 7 }], d: "kept" });
});

it.each([
  ['{"token":{"value":"hunter2","publicId":"j"},"id":1}', '{"token":"[removed]","id":1}'],
  ['{"token" : {"vaule" : "hunter2"', '{"token" : "[removed]"'],
  ['{"id":"1","token":"hunter2"}', '{"id":"1","token":"[removed]"}'],
  ['{"va\\u006cue":"hun\\"ter2","id":1}', '{"value":"[removed]","id":1}'],
  [
    '{"secretAccessKey":"hunter2","accessKeyId":"ASIAIOSFODNN7EXAMPLE"}',
    '{"secretAccessKey":"[removed]","accessKeyId":"ASIAIOSFODNN7EXAMPLE"}',
  ],
  [
    '{"Authorization":["hunter2","hunter3"],"pin":{"password":4711}}',
    '{"Authorization":"[removed]","pin":{"password":"[removed]"}}',
  ],
  ['{"password":"hunter2 is cut', '{"password":"[removed]"'],
  ["{'password': 'hun\\'ter2', 'id': 1}", "{'password': '[removed]', 'id': 1}"],
  ["{password: hunter2, id: 1}", "{password: [removed], id: 1}"],
  ['{password: "hunter2 and 3", id: 1}', "{password: [removed], id: 1}"],
  ["{password: hun'ter\\hunter2}", "{password: [removed]}"],
  ["Authorization: Bearer hunter2", "Authorization: [removed]"],
  [
    '{"access token":"hunter2","password1":"hunter2","token_v2":"hunter2","api key":"hunter2"}',
    '{"access token":"[removed]","password1":"[removed]","token_v2":"[removed]","api key":"[removed]"}',
  ],
  ['{"token":{"x":{},"raw":"hunter2"},"id":1}', '{"token":"[removed]","id":1}'],
  ['{"token":{"x":"}","y":["]"],"raw":"hunter2"},"id":1}', '{"token":"[removed]","id":1}'],
  ["{'token': {'x': {}, 'raw': 'hunter2'}, 'id': 1}", "{'token': '[removed]', 'id': 1}"],
  ['{"passwords":[["hunter2"],"hunter3"],"id":1}', '{"passwords":"[removed]","id":1}'],
  [
    '{"body":"{\\"password\\":\\"hunter2 x\\",\\"id\\":1}"}',
    '{"body":"{\\"password\\":\\"[removed]\\",\\"id\\":1}"}',
  ],
])("removes fields of the record %s that hold a secret by name", (record, cleaned) => {
  expect(scrubRecord(record)).toBe(cleaned);
});

it.each([
  '{"id":"1","tokenType":"opaque","values":{"a":1},"accessKeyId":"ASIAIOSFODNN7EXAMPLE"}',
  '{"access_token":{"jti":"j-1"},"passwordless":true,"note":"a token is missing"}',
])("leaves the fields of %s alone", (record) => {
  expect(scrubRecord(record)).toBe(record);
});

it("takes time linear in the text", () => {
  const pieces = [
    ...Object.values(SECRETS),
    ...PLACES.map(([text]) => text),
    '"token":{',
    '"token":{"x":',
    "token:[",
    "token: '",
    'token: \\\\"',
    "token: abcdefgh ",
    "password 1",
    '"value":["',
    "://",
    "eyJ",
    "Aa1-",
    "\\",
  ];
  for (const piece of pieces.flatMap((text) => [text, text.slice(0, 8), text.slice(0, 3)])) {
    const text = piece.repeat(Math.ceil(100_000 / piece.length));
    const startedMs = performance.now();
    looksSecret(text);
    scrubRecord(text);
    // Quadratic time would be many seconds; one of these is below 20 ms.
    expect(performance.now() - startedMs, piece).toBeLessThan(1000);
  }
});

it("lets no secret through that is planted anywhere in an event", () => {
  const door = openDoor({ key: PUBLIC_KEY, tenant: "acme", source: "gateway", tierOf: () => 1 });
  const secret = fc.constantFrom(...Object.values(SECRETS).filter((text) => text.length < 250));
  // Text around a secret, without what would lengthen it.
  const around = fc.string({
    unit: fc.constantFrom(" ", ",", "(", '"', "\\", "é", "\u{1f600}", "\ud800"),
    maxLength: 4,
  });
  const place = fc.constantFrom(
    ...[
      "id",
      "session",
      "workflow",
      "trustUnit",
      "businessAction",
      "agent.id",
      "agent.version",
      "agent.instance",
      "agent.group",
    ],
    ...[
      "token.publicId",
      "token.family",
      "token.parent",
      "token.rootGrant",
      "token.issuer",
      "token.binding",
      "token.proof",
    ],
    ...[
      "trace.id",
      "trace.span",
      "subject.id",
      "subject.type",
      "network.userAgent",
      "network.ip",
      "network.node",
    ],
    ...["operation.service", "operation.name", "outcome.reason", "operation.targets.to", "token.value"],
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(place, { minLength: 1, maxLength: 4 }),
      secret,
      around,
      around,
      (places, hidden, before, after) => {
        const parts = { trace: { id: "t" }, subject: { id: "s" }, network: {} };
        const event = structuredClone(
          call("e-1", { ...parts, operation: { service: "s", name: "n", targets: {} } }),
        );
        for (const path of places)
          plant(event, path, (before + hidden + after).slice(0, path === "token.value" ? undefined : 256));
        const admission = door(event);
        if ("refused" in admission) throw new Error(admission.refused.message);
        if (before.length + hidden.length + after.length <= 256) expect(admission.line).not.toContain(hidden);
        expect(looksSecret(admission.line)).toBe(false);
        expect(Event.parse(JSON.parse(admission.line))).toEqual(admission.event);
      },
    ),
    { numRuns: 500 },
  );
});

function plant(event: object, path: string, value: string): void {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) Reflect.set(event, first, value);
  else plant(Reflect.get(event, first), rest.join("."), value);
}
