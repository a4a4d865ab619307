/** Operations: what was done, on what, with what outcome, and from where in the network. */
import { z } from "zod";
import { NAME_LENGTH, text } from "./ids.ts";

const name = text(NAME_LENGTH);

/** What an operation can do: 0 reads, 1 writes, 2 sends out, touches credentials or administers. */
export const Tier = z.union([z.literal(0), z.literal(1), z.literal(2)]);

/** A name of a field that holds a target, such as `recipient` or `bucketName`. */
export const FieldName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, "must be a field name of at most 64 characters");

/** Most target values that one event may name. */
export const MAX_TARGETS = 16;
/** Longest target value, in characters; sources drop longer text, because it is content and not an identifier. */
export const TARGET_LENGTH = 512;

const targets = z
  .record(FieldName, z.array(text(TARGET_LENGTH)).min(1).max(MAX_TARGETS))
  .refine((byField) => Object.values(byField).flat().length <= MAX_TARGETS, {
    message: `must name at most ${MAX_TARGETS} values`,
  });

/** Where an argument's value can have come from, in the order that the columns of event-view.ts count. */
export const ORIGINS = ["request", "output", "neither"] as const;

/** The fields of an operation. */
export const operationFields = {
  service: name,
  name,
  tier: Tier,
  /** What was acted on, by field: `{"recipient": ["a@example.com"]}`. At most 16 values in all. */
  targets: targets.optional(),
  /** Where each argument's value came from, if a gateway saw the content: the request, an earlier output, or neither. */
  provenance: z.record(FieldName, z.enum(ORIGINS)).optional(),
};

/** One operation of one service. */
export const Operation = z.object(operationFields);

/** Every result, in the order that the columns of event-view.ts count. */
export const OUTCOMES = ["ok", "denied", "error"] as const;

/** What came of an operation or a request for a token. */
export const Outcome = z.object({
  result: z.enum(OUTCOMES),
  /** HTTP status or the like. */
  status: z.int().min(0).max(999).optional(),
  /** A short code such as `invalid_grant`; never a message with content. */
  reason: name.optional(),
});

/** Where a call came from. */
export const Network = z.object({
  /** Address text as the source gave it; clouds sometimes write a host name here. */
  ip: name.optional(),
  asn: z.int().min(0).max(4_294_967_295).optional(),
  region: name.optional(),
  userAgent: text(512).optional(),
  /** Attested node or workload instance that the call came from. */
  node: name.optional(),
  /** True for a call that a provider makes by itself on the principal's behalf; such a call has no fingerprint. */
  provider: z.boolean().optional(),
});
