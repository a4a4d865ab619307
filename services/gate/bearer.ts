/**
 * What a JWT says about itself, read without verifying it.
 *
 * For denying that is right: a match can only refuse. Who forges claims can bring a refusal upon the own request and upon
 * nobody else's; who changes a denied token's claims to escape holds a token that its resource server no longer accepts.
 * Nothing here may ever be used to allow.
 */
import { ID_LENGTH } from "../../schemas/ids.ts";

export interface Claims {
  /** RFC 7519 `jti`. */
  readonly publicId?: string;
  /** The first that is there of `agent_id`, `azp`, `client_id` and `sub`. */
  readonly agent?: string;
}

const AGENT_CLAIMS = ["agent_id", "azp", "client_id", "sub"] as const;
const NO_CLAIMS: Claims = {};

/** Claims of a token that looks like a signed JWT; of any other token nothing. */
export function claimsOf(token: string): Claims {
  const parts = token.split(".", 4);
  if (parts.length !== 3 || !token.startsWith("ey")) return NO_CLAIMS;
  const payload = payloadOf(parts[1] ?? "");
  if (typeof payload !== "object" || payload === null) return NO_CLAIMS;
  const claims = new Map(Object.entries(payload));
  const publicId = textOf(claims.get("jti"));
  const agent = AGENT_CLAIMS.map((name) => textOf(claims.get(name))).find((value) => value !== undefined);
  return { ...(publicId !== undefined && { publicId }), ...(agent !== undefined && { agent }) };
}

/** The token of an `Authorization` header (RFC 6750; the scheme in any case), or undefined. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^(?:bearer|dpop) +([^ ]+)$/i.exec(header ?? "")?.[1];
}

function payloadOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return undefined;
  }
}

/** What ingest would not take as a name, it is not here either; else the two would disagree about whose token it is. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length === 0 || value.length > ID_LENGTH) return undefined;
  return /\p{Cc}/u.test(value) ? undefined : value;
}
