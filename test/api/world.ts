/** A server with the api on a log and store in memory, and what tests put into it. */
import { generateKeyPairSync } from "node:crypto";
import type { DenialInForce, Incident } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import { Settings } from "../../schemas/settings.ts";
import type { StreamName } from "../../schemas/streams.ts";
import { memoryStore, memoryStream } from "../../services/adapters/index.ts";
import { type ApiOptions, apiRoutes, type DenialReader, followFindings } from "../../services/api/index.ts";
import { readDeadLetters } from "../../services/ingest/dead-letters.ts";
import type { Clock } from "../../services/ports/clock.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { createServer, listen } from "../../services/server/server.ts";

export const PARTITIONS = 4;
export const NOW = Date.parse("2026-01-05T10:00:00Z");

/** Time stands still; sleeping lasts until the signal. */
export const clock: Clock = {
  now: () => NOW,
  sleep: async (_ms, signal) => {
    if (!signal?.aborted)
      await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
  },
};

/** Keys of an owner of agents, whose contracts are trusted. */
export const OWNER = generateKeyPairSync("ed25519");

export const idOf = (letter: string, number: number) => `${letter}-${number.toString(16).padStart(32, "0")}`;

export function finding(number: number, changes: object = {}): Finding {
  return {
    id: idOf("f", number),
    detector: "out-of-graph",
    detectorVersion: 1,
    kind: "operation-new-to-workflow",
    severity: "high",
    evidenceKind: "fact",
    time: "2026-01-05T09:59:00.000Z",
    tenant: "default",
    agent: "billing",
    session: "s-1",
    eventIds: [`e-${number}`],
    summary: `finding ${number}`,
    expected: "something else",
    silencedBy: "an approval",
    evidence: {},
    judgedBy: { baseline: 1, settings: "0123456789ab", key: "k" },
    tags: { attack: [], atlas: [], owaspAgentic: [], owaspNhi: [] },
    ...changes,
  } as unknown as Finding;
}

export function incident(number: number, changes: object = {}): Incident {
  const time = new Date(NOW + number).toISOString();
  const lists = { findings: [], actions: [], proposed: [] };
  const about = {
    agent: "billing",
    cause: "left-its-graph",
    status: "open",
    severity: "high",
    summary: "left its graph",
  };
  return {
    id: idOf("i", number),
    tenant: "default",
    ...about,
    openedAt: time,
    updatedAt: time,
    findingCount: 1,
    ...lists,
    ...changes,
  } as unknown as Incident;
}

/** The agent itself is denied until ten past; nobody else is. */
export const denial = (agent: string) =>
  ({
    agent,
    target: { type: "agent", id: agent },
    since: new Date(NOW).toISOString(),
    until: new Date(NOW + 600_000).toISOString(),
    action: idOf("a", 1),
    reason: "odd",
  }) as DenialInForce;

/** Who is denied, by tenant. */
const denialReader = (denied: Readonly<Record<string, readonly string[]>>): DenialReader => ({
  page: async (tenant, { limit, agent }) => {
    const all = (denied[tenant] ?? []).filter((one) => agent === undefined || one === agent).map(denial);
    return { denials: all.slice(0, limit), ...(all.length > limit && { next: "more" }) };
  },
  until: async (tenant, agents) => {
    const some = agents.filter((agent) => denied[tenant]?.includes(agent));
    return new Map(some.map((agent) => [agent, denial(agent).until]));
  },
});

/** An entry that names the tenant who asks. */
async function* auditOf(tenant: string): AsyncGenerator<object> {
  yield { partition: 0, sequence: 1, tenant };
}

export async function world(
  http: object = {},
  incidents: readonly Incident[] = [],
  time: Clock = clock,
  denied: Readonly<Record<string, readonly string[]>> = {},
  relearn: ApiOptions["relearn"] = async () => ({ entries: undefined, isCutOff: false }),
) {
  const settings = Settings.parse({ http: { port: 0, ...http } });
  const stream = memoryStream(PARTITIONS);
  const store = memoryStore();
  const findings = followFindings(stream);
  const app = createServer({
    settings,
    waitingFor: () => [],
    metrics: async () => "",
    onFault: (fault) => {
      throw fault;
    },
  });
  const view = (entries: ReadonlyMap<string, Uint8Array>): object => ({
    mode: "shadow",
    workflows: { a: entries.size },
  });
  const all = async (tenant: string) => incidents.filter((one) => one.tenant === tenant);
  const byId = async (tenant: string, id: string) => (await all(tenant)).find((one) => one.id === id);
  apiRoutes(app, {
    stream,
    store,
    clock: time,
    findings,
    deadLetters: (query) => readDeadLetters(stream, query),
    view,
    baselineOf: (entries) => entries.get("agent"),
    relearn,
    keyName: "public",
    contractKeys: [{ name: "owner", publicKey: OWNER.publicKey }],
    incidents: { all, byId },
    denials: denialReader(denied),
    audit: { entries: auditOf, publicKey: "a public key" },
  });
  const url = await listen(app, settings.http);
  const append = (name: StreamName, partition: number, value: object) =>
    stream.append([{ stream: name, partition, value: Buffer.from(JSON.stringify(value)) }]);
  return {
    app,
    url,
    stream,
    /** Appends a finding as the processor does, and waits until the api has seen it. */
    async found(number: number, changes: { position?: number; [field: string]: unknown } = {}) {
      const { position = number, ...fields } = changes;
      const value = finding(number, fields);
      const partition = partitionOf(`${value.tenant}/${value.agent}`, PARTITIONS);
      const seen = findings.waitingFor() === undefined ? findings.changed() : undefined;
      await append("findings", partition, {
        origin: { stage: "processor", partition, position, index: 0 },
        value,
      });
      await seen;
    },
    deadLetter: async (message: string, tenant = "default") => {
      await append("dead-letters", 0, {
        code: "invalid-json",
        message,
        source: "offgraph",
        tenant,
        place: "http",
        line: 3,
        time: "2026-01-05T09:59:00.000Z",
        excerpt: "{",
        bytes: 1,
      });
    },
    async learned(tenant: string, agent: string) {
      const group = `${tenant}/${agent}`;
      const lease = await store.acquire("processor", partitionOf(group, PARTITIONS));
      await store.commit(lease, [[{ group, entries: new Map([["agent", new Uint8Array([1])]]) }]], 1);
    },
    async close() {
      await app.close();
      await findings.stop();
      await stream.close();
    },
  };
}
