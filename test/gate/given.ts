/** A gate on a log in memory, denials for it, and the server with its routes. */
import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { type Denial, type Target, targetKey } from "../../schemas/action.ts";
import type { ActionId, AgentId, Tenant } from "../../schemas/ids.ts";
import { Settings } from "../../schemas/settings.ts";
import { memoryStream } from "../../services/adapters/memory.ts";
import { type Gate, gateRoutes, startGate } from "../../services/gate/index.ts";
import { partitionOf, type Stream } from "../../services/ports/stream.ts";
import { createServer } from "../../services/server/server.ts";
import { type ManualClock, manualClock } from "../responder/manual-clock.ts";

export const PARTITIONS = 4;
export const NOW_MS = Date.parse("2026-11-22T10:00:00Z");
export const HOUR_MS = 3_600_000;

/** Stands in for the door's keyed hash. */
export const keyedHash = (value: string) =>
  `k1:${createHash("sha256").update(value).digest("hex").slice(0, 32)}`;

export const agent = (id: string): Target => ({ type: "agent", id: id as AgentId });
export const token = (id: string): Target => ({ type: "token", id });

export function denial(target: Target, change: Partial<Denial> = {}): Denial {
  return {
    tenant: "default" as Tenant,
    target,
    denied: true,
    expiresAtMs: NOW_MS + HOUR_MS,
    action: `a-${"0".repeat(32)}` as ActionId,
    agent: "billing-agent" as AgentId,
    reason: "left its graph",
    ...change,
  };
}

/** Appends lines of the deny list. */
export async function deny(stream: Stream, ...denials: readonly Denial[]): Promise<void> {
  await stream.append(
    denials.map((value, position) => {
      const key = targetKey(value.tenant, value.target);
      const origin = { stage: "egress", partition: 0, position, index: 0 };
      const line = Buffer.from(JSON.stringify({ origin, value }));
      return { stream: "denials", partition: partitionOf(key, stream.partitions), key, value: line };
    }),
  );
}

/** Resolves when it happens. */
export async function until(happens: () => boolean): Promise<void> {
  while (!happens()) await new Promise((resolve) => setImmediate(resolve));
}

export interface Running {
  readonly stream: Stream;
  readonly clock: ManualClock;
  readonly gate: Gate;
}

/** A gate that has read the denials. */
export async function readyGate(...denials: readonly Denial[]): Promise<Running> {
  const [stream, clock] = [memoryStream(PARTITIONS), manualClock(NOW_MS)];
  await deny(stream, ...denials);
  const gate = startGate({ stream, clock, keyedHash });
  await until(() => gate.waitingFor() === undefined);
  return { stream, clock, gate };
}

/** A server with the gate's routes; `http` as in the settings. */
export function serverOf(gate: Gate, http: object = {}): FastifyInstance {
  return createServer({
    settings: Settings.parse({ http: { port: 0, ...http } }),
    waitingFor: () => [],
    metrics: async () => "",
    onFault: (fault) => {
      throw fault;
    },
    direct: gateRoutes(gate),
  });
}

/** A JWT with these claims and a signature that nobody could verify. */
export function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
}
