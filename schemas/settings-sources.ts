/** Settings of telemetry that lies in topics of Kafka, whoever wrote it there. */
import { z } from "zod";
import { Tenant } from "./ids.ts";
import { kafkaConnection } from "./settings-servers.ts";

/** Formats that records of a topic may have; `offgraph sources NAME` says what each reads. */
export const SOURCE_FORMATS = ["offgraph", "cloudtrail", "sessions"] as const;

const TopicSource = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, { error: "expected 1 to 32 small letters, digits or dashes" })
    .describe("`source` of its events; shown in health and metrics. Positions are kept under it."),
  format: z.enum(SOURCE_FORMATS).describe("How its records are read."),
  topics: z
    .array(z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, { error: "expected the name of a topic" }))
    .min(1)
    .max(100)
    .describe("Topics that hold its records."),
  group: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/)
    .optional()
    .describe("Consumer group; absent: kafka.topicPrefix, `source.` and the name."),
  latenessMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(1000)
    .describe("How far records may be out of order; an event waits so long for earlier ones."),
  tenant: Tenant.optional().describe(
    "Tenant of its events; absent: `tenant`, or where tenantHeader is set, none.",
  ),
  tenantHeader: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe(
      "Header that names a record's tenant; without it a record is refused unless tenant is set too.",
    ),
  start: z
    .enum(["earliest", "latest"])
    .default("earliest")
    .describe("Where to begin in a topic of which nothing has been read yet."),
  silentAfterMs: z
    .int()
    .min(1000)
    .default(900_000)
    .describe("Health says so when no record has come for so long."),
  kafka: z
    .strictObject(kafkaConnection)
    .optional()
    .describe("Brokers that hold its topics; absent: those of `kafka`."),
});
/** A source that is read from topics. */
export type TopicSource = z.infer<typeof TopicSource>;

/** The part of the settings that stands here. */
export const SourceSettings = {
  sources: z.array(TopicSource).max(100).default([]).describe("Telemetry that is read from Kafka."),
};
