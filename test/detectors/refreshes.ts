/** Families of tokens that are issued, refreshed and refused. */
import { call, event, type Given, HOUR, START } from "./given.ts";

export const iso = (atMs: number) => new Date(START + atMs).toISOString();

export interface Grant {
  readonly family?: string;
  readonly rootGrant?: string;
  /** In ms; 0 leaves both times out. */
  readonly lifetime?: number;
}

export function token(
  kind: "token.issued" | "token.refreshed",
  atMs: number,
  grant: Grant,
  more: object = {},
): Given {
  const { lifetime = HOUR, family, rootGrant } = grant;
  const times = lifetime === 0 ? {} : { issuedAt: iso(atMs), expiresAt: iso(atMs + lifetime) };
  return event(kind, atMs, {
    token: { publicId: `jti-${family}-${atMs}`, family, rootGrant, ...times },
    ...more,
  });
}
export const issued = (atMs: number, grant: Grant = { family: "f" }, more: object = {}) =>
  token("token.issued", atMs, grant, more);
export const refreshed = (atMs: number, grant: Grant = { family: "f" }, more: object = {}) =>
  token("token.refreshed", atMs, grant, more);
/** A use of the newest token, refused with 401. */
export const refused = (atMs: number, tokenAtMs: number, grant: Grant = { family: "f" }, more: object = {}) =>
  call(atMs, {
    token: { publicId: `jti-${grant.family}-${tokenAtMs}` },
    result: "denied",
    status: 401,
    ...more,
  });
