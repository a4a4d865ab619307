/**
 * Who may do what over HTTP. With no tokens, loopback may do everything, and browsers are kept out: a page that somebody
 * opens on this machine must not be able to reach us, neither by a form or fetch (CSRF) nor by a name that it points at
 * 127.0.0.1 (DNS rebinding). With tokens, every route but health asks for one with the route's role.
 */
import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { OffgraphError } from "../../schemas/errors.ts";
import { type AccessToken, ROLES, type Role, type Settings } from "../../schemas/settings.ts";
import type { Access } from "../http.ts";

/** True for 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

/** Refuses, with `bad-settings`, to listen for the network without tokens. */
export function checkExposure({ host, tokens }: Settings["http"]): void {
  if (tokens.length > 0 || isLoopback(host)) return;
  const way = "add a token to http.tokens (`offgraph config token` makes one)";
  throw new OffgraphError(
    "bad-settings",
    `http.host: expected a loopback address while http.tokens is empty, got ${host}; ${way}`,
  );
}

/** Answers who is calling. Fails with `no-access` for a request without a known token, and for a browser on loopback. */
export function accessRule(
  settings: Settings,
): (headers: IncomingHttpHeaders, foreignHeaders: boolean) => Access {
  const { tokens, host } = settings.http;
  if (tokens.length > 0) return tokenRule(tokens);
  const loopback: Access = {
    name: "loopback",
    tenant: settings.tenant,
    roles: new Set(ROLES),
    sources: undefined,
  };
  return (headers, foreignHeaders) => {
    // A gateway's question may carry the headers of the request it asks about, Host and Origin among them.
    if (!foreignHeaders) refuseBrowsers(headers, host);
    return loopback;
  };
}

/** Fails with `no-access` for a caller without the role. */
export function checkRole({ roles }: Access, role: Role): void {
  if (!roles.has(role)) throw new OffgraphError("no-access", `expected a token with the role ${role}`);
}

function refuseBrowsers(headers: IncomingHttpHeaders, listening: string): void {
  const host = (headers.host ?? "").replace(/:\d+$/, "");
  if (!isLoopback(host) && host.toLowerCase() !== listening.toLowerCase()) {
    throw new OffgraphError(
      "no-access",
      `Host: expected localhost or ${listening}, got ${host || "nothing"}`,
    );
  }
  const site = headers["sec-fetch-site"];
  if (headers.origin === undefined && (site === undefined || site === "none")) return;
  throw new OffgraphError("no-access", "Origin: web pages may not call this address without a token");
}

function tokenRule(tokens: readonly AccessToken[]): (headers: IncomingHttpHeaders) => Access {
  const known = tokens.map(({ name, tenant, sha256, roles, sources }) => ({
    sha256: Buffer.from(sha256, "hex"),
    access: { name, tenant, roles: new Set(roles), sources: sources && new Set(sources) },
  }));
  return (headers) => {
    const digest = hash("sha256", presented(headers), "buffer");
    let found: Access | undefined;
    // All are compared, so that the time taken says nothing about which one matched.
    for (const { sha256, access } of known) if (timingSafeEqual(digest, sha256)) found = access;
    if (found !== undefined) return found;
    throw new OffgraphError("no-access", "expected a known bearer token in Authorization");
  };
}

/** A gateway needs `Authorization` for the token it asks about, so it may show its own in `X-Offgraph-Access`. */
function presented(headers: IncomingHttpHeaders): string {
  const value = headers["x-offgraph-access"] ?? headers.authorization ?? "";
  return /^Bearer +(\S+)$/i.exec(String(value))?.[1] ?? "";
}
