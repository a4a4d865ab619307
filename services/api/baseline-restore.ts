/**
 * POST /v1/baseline/import: what was exported is known from now on. POST /v1/baseline/undo: what was learned of an agent since a
 * time is forgotten. With `dryRun` both answer what is known now and what would be, and do nothing.
 */
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { OffgraphError } from "../../schemas/errors.ts";
import { AgentId, Instant } from "../../schemas/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entries, Store } from "../ports/store.ts";
import { partitionOf, type Stream } from "../ports/stream.ts";
import { Reason } from "./baseline.ts";
import { say } from "./baseline-decision.ts";
import { checked } from "./requests.ts";

/** Most bytes of a baseline: in base64 it stands in one record of the log, of which brokers are asked to take two megabytes. */
const MAX_BASELINE_BYTES = 1_500_000;

/** What the routes below work on. */
export interface RestoreOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  /** Name of the key that names are hashed with. */
  readonly keyName: string;
  /** An agent's stored entries in readable form; undefined if this version cannot read them. */
  readonly view: (entries: Entries) => object | undefined;
  /** What was learned, of an agent's entries; undefined if this version cannot read them. */
  readonly baselineOf: (entries: Entries) => Uint8Array | undefined;
  /** An agent's entries as they were at a time, ms since 1970, learned again from the log. */
  readonly relearn: (query: {
    tenant: string;
    agent: string;
    untilMs: number;
  }) => Promise<{ readonly entries: Entries | undefined; readonly isCutOff: boolean }>;
}

const dryRun = z.boolean().default(false).describe("Only answer what would change.");
const ImportBody = z.strictObject({
  reason: Reason,
  agent: AgentId,
  key: z.string().describe("Name of the key of the system that exported it."),
  stored: z.record(z.string(), z.base64()).describe("As exported."),
  dryRun,
});
const UndoBody = z.strictObject({
  reason: Reason,
  agent: AgentId,
  since: Instant.describe("Event time."),
  dryRun,
});

/** What takes the place of what is known. */
interface Restored {
  readonly verdict: "undo" | "import";
  readonly subject: string;
  readonly entries: Entries;
}

/** Adds the routes, for the role `act`. */
export function restoreRoutes(app: FastifyInstance, options: RestoreOptions): void {
  const act = { config: { role: "act" } } as const;
  let isRelearning = false;
  app.post("/v1/baseline/import", act, async (request, reply) => {
    const body = checked(ImportBody, request.body, "body");
    const { code, answer } = await restore(options, request, body, imported(options, body));
    return reply.code(code).send(answer);
  });
  app.post("/v1/baseline/undo", act, async (request, reply) => {
    const body = checked(UndoBody, request.body, "body");
    if (isRelearning)
      throw new OffgraphError("busy", "another agent is being learned again; it reads its whole log");
    isRelearning = true;
    const undone = await relearned(options, request.access.tenant, body).finally(() => {
      isRelearning = false;
    });
    const { code, answer } = await restore(options, request, body, undone);
    return reply.code(code).send(answer);
  });
}

function imported({ keyName }: RestoreOptions, { key, stored }: z.infer<typeof ImportBody>): Restored {
  if (key !== keyName)
    throw new OffgraphError(
      "bad-request",
      `body.key: exported under the key ${key}, and this system's is ${keyName}: its names mean nothing here`,
    );
  const entries = new Map(
    Object.entries(stored).map(([name, value]) => [name, Buffer.from(value, "base64")]),
  );
  return { verdict: "import", subject: "an export", entries };
}

async function relearned(
  { relearn }: RestoreOptions,
  tenant: string,
  { agent, since }: z.infer<typeof UndoBody>,
): Promise<Restored> {
  const { entries, isCutOff } = await relearn({ tenant, agent, untilMs: Date.parse(since) });
  if (isCutOff)
    throw new OffgraphError(
      "bad-request",
      "the log has lost its beginning, so it cannot tell what was known then: import an export of that time",
    );
  if (entries === undefined)
    throw new OffgraphError("not-found", `the log has nothing of ${agent} before ${since}`);
  return { verdict: "undo", subject: `since ${since}`, entries };
}

/** Says the word, or answers what it would change. */
async function restore(
  options: RestoreOptions,
  request: FastifyRequest,
  { agent, reason, dryRun }: { agent: AgentId; reason: string; dryRun: boolean },
  { verdict, subject, entries }: Restored,
): Promise<{ code: number; answer: object }> {
  const after = options.view(entries);
  const bytes = options.baselineOf(entries);
  if (after === undefined || bytes === undefined)
    throw new OffgraphError("bad-request", "body.stored: this version cannot read it");
  if (bytes.length > MAX_BASELINE_BYTES)
    throw new OffgraphError(
      "too-large",
      `${bytes.length} bytes were learned; at most ${MAX_BASELINE_BYTES} can be put back`,
    );
  if (dryRun)
    return {
      code: 200,
      answer: { dryRun, before: await known(options, request.access.tenant, agent), after },
    };
  const said = { verdict, baseline: Buffer.from(bytes).toString("base64") };
  // The audit log says which one it was.
  const digest = createHash("sha256").update(bytes).digest("hex");
  const asked = { agent, reason, subject: `${subject}: sha256 ${digest}`, said };
  return { code: 202, answer: await say(options, request, asked) };
}

/** What is known now, as of the last commit; nothing if the agent is not known. */
async function known({ store, stream, view }: RestoreOptions, tenant: string, agent: AgentId) {
  const group = `${tenant}/${agent}`;
  const entries = (await store.load("processor", partitionOf(group, stream.partitions), [group])).get(group);
  return entries && view(entries);
}
