/** The life of one token, `jti`, of agent `a`, made for `erp` and good for an hour. */
import { type CallFields, call, event, HOUR, START } from "./given.ts";

export const iso = (atMs: number) => new Date(START + atMs).toISOString();
export const issued = (more: object = {}, atMs = 0) =>
  event("token.issued", atMs, {
    token: { publicId: "jti", audience: ["erp"], issuedAt: iso(0), expiresAt: iso(HOUR), ...more },
  });
export const revoked = (atMs: number, token: object = { publicId: "jti" }) =>
  event("token.revoked", atMs, { token });
export const used = (atMs: number, more: CallFields = {}) =>
  call(atMs, { token: { publicId: "jti" }, ...more });
export const refused = (atMs: number, more: CallFields = {}) =>
  used(atMs, { result: "denied", status: 401, ...more });
