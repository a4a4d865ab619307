/** A question to the gate, and the denial that answers it. */
import type { Denial, Target } from "../../schemas/action.ts";
import { bearerClaims, candidatesOf } from "./bearer.ts";
import type { DenyList } from "./deny-list.ts";

/** Who asks to pass, by any of its names. */
export interface Question {
  /** Default `default`. */
  readonly tenant?: string | undefined;
  /** Raw bearer token, with or without its scheme: hashed at once, never kept. If it is a JWT, its claims are looked up too. */
  readonly token?: string | undefined;
  /** `<key name>:<hex>`. */
  readonly tokenHash?: string | undefined;
  readonly publicId?: string | undefined;
  readonly family?: string | undefined;
  readonly agent?: string | undefined;
}

/** The keyed hash that the door makes of token values. */
export type KeyedHash = (value: string) => string;

/**
 * The denial of any name in a question. The claims of the token come beside the named agent, not in its place; each name is
 * looked up as it is and as its hash, because the door keeps a name that looks like a secret as its keyed hash.
 */
export function denialOf(
  { tenant = "default", agent, tokenHash, publicId, family, token }: Question,
  denials: DenyList,
  keyedHash: KeyedHash | undefined,
  nowMs: number,
): Denial | undefined {
  const find = (type: Target["type"], id: string | undefined): Denial | undefined => {
    if (id === undefined) return undefined;
    const denial = denials.find(tenant, type, id, nowMs);
    return denial ?? (keyedHash && denials.find(tenant, type, keyedHash(id), nowMs));
  };
  const named =
    find("agent", agent) ?? find("token", tokenHash) ?? find("token", publicId) ?? find("family", family);
  if (named !== undefined || token === undefined) return named;
  for (const candidate of candidatesOf(token)) {
    const claims = bearerClaims(candidate);
    const denial = find("agent", claims.agent) ?? find("token", claims.publicId) ?? find("token", candidate);
    if (denial !== undefined) return denial;
  }
  return undefined;
}
