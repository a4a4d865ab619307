/**
 * What a JWT says about itself, read without verifying it.
 *
 * For denying that is right: a match can only refuse. Who forges claims can bring a refusal upon the own request and upon
 * nobody else's; who changes a denied token's claims to escape holds a token that its resource server no longer accepts.
 * Nothing here may ever be used to allow.
 */
import { ID_LENGTH } from "../../schemas/ids.ts";

interface Claims {
  /** RFC 7519 `jti`. */
  readonly publicId?: string;
  /** The first that is there of `agent_id`, `azp`, `client_id` and `sub`. */
  readonly agent?: string;
}

const AGENT_CLAIMS = ["agent_id", "azp", "client_id", "sub"] as const;
const NO_CLAIMS: Claims = {};

/** Claims of a token that looks like a signed JWT; of any other token nothing. */
export function bearerClaims(token: string): Claims {
  const parts = token.split(".", 4);
  if (parts.length !== 3 || !token.startsWith("ey")) return NO_CLAIMS;
  const payload = payloadOf(parts[1] ?? "");
  if (typeof payload !== "object" || payload === null) return NO_CLAIMS;
  const claims = new Map(Object.entries(payload));
  const publicId = textOf(claims.get("jti"));
  const agent = AGENT_CLAIMS.map((name) => textOf(claims.get(name))).find((value) => value !== undefined);
  return { ...(publicId !== undefined && { publicId }), ...(agent !== undefined && { agent }) };
}

/** Most tokens that one header is taken to hold; each costs a few hashes. More than a Digest header has parts. */
const MAX_CANDIDATES = 16;
const SCHEME = /^(?:bearer|dpop)$/i;
/** Visible ASCII without the comma, semicolon and quote that would part it or be taken off by another reader. */
const ONE_TOKEN = /^(?:bearer|dpop) +[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]+$/i;

/**
 * Every token that a reader of this text could take out of it: the text without its scheme, which is what the door hashes, and
 * each of its parts. APIs read headers more generously than RFC 6750 and RFC 9449, so what any of them may accept is looked up.
 */
export function candidatesOf(text: string): string[] {
  const parts = text.split(/[ \t,]+/, MAX_CANDIDATES + 1).filter((part) => part !== "" && !SCHEME.test(part));
  return [...new Set([text.replace(/^(?:bearer|dpop)\s+/i, ""), ...parts])].slice(0, MAX_CANDIDATES);
}

/** True for what can be read in several ways: a bearer or DPoP credential that is not exactly one token, or too many parts. */
export function isAmbiguous(text: string): boolean {
  if (/^\s*(?:bearer|dpop)\b/i.test(text))
    return !ONE_TOKEN.test(text) || SCHEME.test(candidatesOf(text)[0] ?? "");
  return text.split(/[ \t,]+/, MAX_CANDIDATES + 1).length > MAX_CANDIDATES;
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
