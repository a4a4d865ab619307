/** Tokens as an agent's SDK holds them: issued when there is none, renewed at 70 to 90 % of their lifetime. */
import type { z } from "zod";
import type { Token } from "../../schemas/token.ts";
import type { SimulatedAgent } from "./agents.ts";
import { operationsOf } from "./domain.ts";
import type { Random } from "./random.ts";

/** A token in an agent's memory; times in ms since 1970. */
export interface Credential {
  readonly audience: readonly string[];
  readonly publicId: string;
  readonly family: string;
  readonly generation: number;
  readonly parent?: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly renewAtMs: number;
}

type TokenFields = z.input<typeof Token>;

const ISSUER = "https://login.example.com";
const LIFETIME_MS = { session: 15 * 60_000, hourly: 60 * 60_000 };
/** How long an issuer still takes the refresh token of an agent that has been idle. */
const REFRESH_IDLE_MS = 8 * 60 * 60_000;

/** The services that an agent's workflows call. */
export function audienceOf({ domain }: SimulatedAgent): string[] {
  const services = domain.workflows.flatMap(({ steps }) => operationsOf(steps).map(({ service }) => service));
  return [...new Set(services)].sort();
}

/** The first token of a new family. */
export function issue(agent: SimulatedAgent, random: Random, nowMs: number): Credential {
  const lifetimeMs = LIFETIME_MS[agent.domain.tokens];
  const lineage = { audience: audienceOf(agent), family: `family-${random.hex(16)}`, generation: 0 };
  return { ...lineage, ...fresh(lifetimeMs, random, nowMs) };
}

/** The next token of the same family. */
export function refresh(old: Credential, random: Random, nowMs: number): Credential {
  const { audience, family, generation, publicId } = old;
  const lineage = { audience, family, generation: generation + 1, parent: publicId };
  return { ...lineage, ...fresh(old.expiresAtMs - old.issuedAtMs, random, nowMs) };
}

function fresh(lifetimeMs: number, random: Random, nowMs: number) {
  return {
    publicId: `jti-${random.hex(24)}`,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + lifetimeMs,
    renewAtMs: nowMs + Math.floor(lifetimeMs * (0.7 + 0.2 * random.unit())),
  };
}

/** The token that an SDK fetches before a call at `nowMs`; undefined while the one it holds will do. */
export function renew(
  held: Credential | undefined,
  agent: SimulatedAgent,
  random: Random,
  nowMs: number,
): Credential | undefined {
  if (!held || nowMs > held.expiresAtMs + REFRESH_IDLE_MS) return issue(agent, random, nowMs);
  return nowMs < held.renewAtMs ? undefined : refresh(held, random, nowMs);
}

/** The token as its issuer reports it. */
export function asIssued({
  audience,
  publicId,
  family,
  generation,
  parent,
  ...times
}: Credential): TokenFields {
  return {
    publicId,
    issuer: ISSUER,
    family,
    generation,
    ...(parent && { parent }),
    audience: [...audience],
    scopes: audience.map((service) => `${service}.use`),
    issuedAt: new Date(times.issuedAtMs).toISOString(),
    expiresAt: new Date(times.expiresAtMs).toISOString(),
  };
}

/** The token as a gateway sees it: the claims that a JWT carries (RFC 9068). */
export function asPresented({ audience, publicId, expiresAtMs }: Credential): TokenFields {
  const expiresAt = new Date(expiresAtMs).toISOString();
  return { publicId, issuer: ISSUER, audience: [...audience], expiresAt };
}
