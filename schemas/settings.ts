/**
 * Every setting: meaning, unit, default. `offgraph.yaml` holds them in this shape; `offgraph config print` shows the
 * result with secrets hidden. Unknown names are refused, because a misspelt setting is worse than none.
 * Detector settings stand with their detectors and are checked by the catalogue.
 */
import { z } from "zod";
import { ActionKind, PlaybookMode } from "./action.ts";
import { ContractSettings } from "./contract.ts";
import { Severity, Tenant } from "./ids.ts";
import { ServerSettings } from "./settings-servers.ts";
import { SourceSettings } from "./settings-sources.ts";
import { TelemetrySettings } from "./settings-telemetry.ts";

/** What a bearer token may be allowed to do. */
export const ROLES = ["ingest", "read", "act", "check"] as const;
/** One of them. */
export type Role = (typeof ROLES)[number];

const AccessToken = z.strictObject({
  name: z.string().min(1).max(64).describe("Shown in logs and as `by` of decisions."),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(
      "SHA-256 of the bearer token, hexadecimal; the token itself is never stored. `offgraph config token` makes a pair.",
    ),
  roles: z
    .array(z.enum(ROLES))
    .min(1)
    .describe(
      "ingest: send events; read: see findings and agents; act: quarantine and release; check: ask the gate.",
    ),
  tenant: Tenant.default("default" as Tenant).describe(
    "The only tenant that this token can write, see or act on.",
  ),
  sources: z.array(z.string()).optional().describe("Sources that an ingest token may name; absent: any."),
});
/** A bearer token for HTTP, known by its hash. */
export type AccessToken = z.infer<typeof AccessToken>;

const PlaybookStep = z.strictObject({
  name: z.string().min(1).max(64).describe("Shown in incidents and in the audit log."),
  when: z
    .strictObject({
      detectors: z.array(z.string()).optional().describe("Only findings of these detectors; absent: any."),
      kinds: z.array(z.string()).optional().describe("Only these kinds of finding; absent: any."),
      minSeverity: Severity.default("high").describe("Only findings at least this severe."),
      evidence: z
        .array(z.enum(["invariant", "fact", "statistical"]))
        .optional()
        .describe("Only this kind of evidence; absent: any."),
    })
    .prefault({}),
  do: ActionKind.exclude(["release"]).describe(
    "What to ask for. revoke-token and revoke-family act on invariants only.",
  ),
  mode: PlaybookMode.default("observe").describe(
    "observe: only say what it would do; dry-run: go through the motions; approve: wait for a person; enforce: act.",
  ),
  durationMs: z
    .int()
    .min(1000)
    .max(2_592_000_000)
    .default(3_600_000)
    .describe("How long a denial lasts, in ms."),
});
/** One step of the playbook: which findings it answers, with what, and how far it may go. */
export type PlaybookStep = z.infer<typeof PlaybookStep>;

const Webhook = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .describe("Shown in logs, metrics and dead letters."),
  url: z.url({ protocol: /^https?$/ }).describe("Where findings are posted."),
  secretFile: z
    .string()
    .optional()
    .describe("File with the signing secret, `whsec_` and base64 of 24 to 64 bytes. This or secretEnv."),
  secretEnv: z.string().optional().describe("Environment variable with the signing secret."),
  minSeverity: Severity.default("low").describe("Only findings at least this severe are sent."),
  allowPrivate: z.boolean().default(false).describe("Allow loopback, private and link-local targets."),
  timeoutMs: z.int().min(100).max(60_000).default(15_000).describe("Longest time for one attempt."),
});
/** A receiver of findings. */
export type Webhook = z.infer<typeof Webhook>;

export const Settings = z.strictObject({
  data: z
    .string()
    .default("offgraph-data")
    .describe("Folder of the embedded log and store, and of the installation's key."),
  partitions: z
    .int()
    .min(1)
    .max(1024)
    .default(8)
    .describe("Partitions of the embedded log. Fixed when the data folder is made."),
  ...ServerSettings,
  tenant: Tenant.default("default" as Tenant).describe(
    "Tenant of requests on loopback without a token, and of files.",
  ),
  http: z
    .strictObject({
      host: z
        .string()
        .default("127.0.0.1")
        .describe("Address to listen on. Anything but loopback is refused unless tokens are configured."),
      port: z.int().min(0).max(65_535).default(7070).describe("0 takes a free port."),
      tokens: z
        .array(AccessToken)
        .default([])
        .describe("Bearer tokens. With none, loopback may do everything."),
    })
    .prefault({}),
  ingest: z
    .strictObject({
      maxBodyBytes: z
        .int()
        .min(1024)
        .max(1_073_741_824)
        .default(33_554_432)
        .describe("Largest request body after decompression, in bytes."),
      maxLineBytes: z.int().min(256).max(67_108_864).default(1_048_576).describe("Longest record, in bytes."),
      maxPendingBytes: z
        .int()
        .min(1024)
        .default(268_435_456)
        .describe("Most bytes taken in and not yet durable; more is answered with 429."),
      maxLagEvents: z
        .int()
        .min(1)
        .default(2_000_000)
        .describe("Most events that the processor may be behind; more is answered with 429."),
    })
    .prefault({}),
  ...SourceSettings,
  processor: z
    .strictObject({
      latenessMs: z
        .int()
        .min(0)
        .max(86_400_000)
        .default(30_000)
        .describe("An event older than its agent's clock less this updates token facts, never baselines."),
      commitIntervalMs: z
        .int()
        .min(10)
        .max(60_000)
        .default(1000)
        .describe("Shortest time between two commits; stretched up to ten times when commits are slow."),
      maxAgents: z
        .int()
        .min(100)
        .default(200_000)
        .describe("Agents held in memory; the least recently used beyond it are read from the store again."),
    })
    .prefault({}),
  detectors: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe("Settings by detector; see the detectors' pages."),
  playbook: z
    .array(PlaybookStep)
    .default([
      {
        name: "quarantine-agent",
        when: { minSeverity: "high" },
        do: "quarantine",
        mode: "observe",
        durationMs: 3_600_000,
      },
      {
        name: "revoke-token",
        when: { minSeverity: "high", evidence: ["invariant"] },
        do: "revoke-token",
        mode: "observe",
        durationMs: 86_400_000,
      },
    ])
    .describe(
      "Steps tried in order for every finding; each matching step is asked for once per incident and target.",
    ),
  responder: z
    .strictObject({
      maxAgeMs: z
        .int()
        .min(1000)
        .default(600_000)
        .describe(
          "A finding that arrives later than this after its event opens an incident but acts only by approval.",
        ),
      protected: z.array(z.string()).default([]).describe("Agents that no playbook may act on."),
      maxActionsPer10Min: z
        .int()
        .min(0)
        .default(10)
        .describe(
          "Most agents that playbooks may act on in ten minutes, per tenant; beyond it a person decides.",
        ),
    })
    .prefault({}),
  incidents: z
    .strictObject({
      keepDays: z
        .int()
        .min(1)
        .max(36_500)
        .default(365)
        .describe("Days for which closed incidents are kept; what was done stays in the audit log."),
    })
    .prefault({}),
  audit: z
    .strictObject({
      folder: z
        .string()
        .optional()
        .describe(
          "Folder of the older part of the audit log, never deleted by Offgraph. Absent: `audit` in the data folder.",
        ),
      maxFileBytes: z
        .int()
        .min(65_536)
        .default(8_388_608)
        .describe(
          "A partition's newest entries stand in the store until they are so many bytes, then in a file.",
        ),
    })
    .prefault({}),
  contracts: ContractSettings.prefault({}),
  feeds: z
    .strictObject({
      file: z.string().optional().describe("Findings are appended to this NDJSON file."),
      webhooks: z
        .array(Webhook)
        .default([])
        .describe("Receivers of findings, signed after Standard Webhooks 1.0."),
    })
    .prefault({}),
  telemetry: TelemetrySettings.prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(["debug", "info", "warn", "error", "silent"])
        .default("info")
        .describe("The least that is logged."),
    })
    .prefault({}),
});
export type Settings = z.infer<typeof Settings>;
