/** Tokens: what a principal shows to be let in, and what an issuer says of it. Never the value itself. */
import { z } from "zod";
import { ID_LENGTH, Instant, NAME_LENGTH, text } from "./ids.ts";

const name = text(NAME_LENGTH);
const id = text(ID_LENGTH);
const count = z.int().min(0).max(0x7fffffff);

/** The fields of a token, all of them optional: sources differ in what they tell. */
export const tokenFields = {
  /** A public identifier, kept because revocation needs it: jti, uti, AWS access key id, Vault accessor. */
  publicId: id.optional(),
  /** `<key name>:<hex>`, a keyed hash of the token's value made at the door; never the value. */
  hash: z
    .string()
    .max(ID_LENGTH)
    .regex(/^[A-Za-z0-9_.-]{1,32}:[0-9a-f]{16,128}$/, "must be <key name>:<hex digits>")
    .optional(),
  issuer: id.optional(),
  /** Refresh tokens descended from one grant by rotation (RFC 9700 section 4.14). */
  family: id.optional(),
  /** Rotation count within the family, from 0. */
  generation: count.optional(),
  /** `publicId` or `hash` of the token this one was derived from. */
  parent: id.optional(),
  /** The grant at the root of a chain of exchanges. */
  rootGrant: id.optional(),
  /** RFC 7519 `aud`: the services that may accept the token. Absent: unknown, which is not the same as none. */
  audience: z.array(name).max(16).optional(),
  scopes: z.array(name).max(64).optional(),
  issuedAt: Instant.optional(),
  expiresAt: Instant.optional(),
  /** RFC 7800 `cnf`: thumbprint of the key the token is bound to (`jkt` of RFC 9449, `x5t#S256` of RFC 8705). */
  binding: id.optional(),
  /** Thumbprint of the key that was proved when the token was presented. */
  proof: id.optional(),
};

const isIdentified = (token: { publicId?: string | undefined; hash?: string | undefined }) =>
  token.publicId !== undefined || token.hash !== undefined;

/** A token as the log holds it. Identified by `publicId` where known, else by `hash`. */
export const Token = z.object(tokenFields).refine(isIdentified, { message: "needs publicId or hash" });

/** What is revoked: a token, or at once all that descend from a family or grant. */
export const RevokedToken = z
  .object(tokenFields)
  .refine((token) => isIdentified(token) || token.family !== undefined || token.rootGrant !== undefined, {
    message: "needs publicId, hash, family or rootGrant",
  });
