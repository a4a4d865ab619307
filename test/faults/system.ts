/** An installation to be harmed: processes on real servers, an endpoint that is told of findings, and all that is told of them counted. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Cluster, type ClusterOptions, type Member, newCluster } from "../cluster/cluster.ts";
import { type Receiver, startReceiver } from "../egress/receiver.ts";

/** All roles but the processor, which most faults are about. */
export const OTHERS = "ingest,responder,egress,gate,api";

export interface System extends Omit<Cluster, "remove"> {
  /** The endpoint of the webhook. */
  readonly receiver: Receiver;
  /** Processes that were started and not ended with `end`. */
  running(): readonly Member[];
  /** A settings file that names other addresses, for processes that go through a proxy: `["--config", file]`. */
  through(addresses: { readonly redis?: string; readonly kafka?: readonly string[] }): readonly string[];
}

/** Prepares an installation, which goes with the test; nothing runs yet. */
export async function newSystem({ settings, ...options }: ClusterOptions): Promise<System> {
  const receiver = await startReceiver(200);
  const webhook = { name: "target", url: receiver.url, secretFile: "webhook.secret", allowPrivate: true };
  const cluster = newCluster({ ...options, settings: { ...settings, feeds: { webhooks: [webhook] } } });
  writeFileSync(join(cluster.folder, webhook.secretFile), `whsec_${randomBytes(24).toString("base64")}`);
  const members = new Set<Member>();
  onTestFinished(async () => {
    await cluster.remove();
    await receiver.close();
  });
  return {
    ...cluster,
    receiver,
    running: () => [...members],
    async start(roles, more) {
      const member = await cluster.start(roles, more);
      const end = (signal: "SIGTERM" | "SIGKILL") => {
        members.delete(kept);
        return member.end(signal);
      };
      const kept = { ...member, end };
      members.add(kept);
      return kept;
    },
    through({ redis, kafka: brokers }) {
      const { kafka, redis: store, ...rest } = JSON.parse(readFileSync(cluster.file, "utf8"));
      const file = join(cluster.folder, `${randomBytes(4).toString("hex")}.yaml`);
      const own = {
        kafka: { ...kafka, ...(brokers && { brokers }) },
        redis: { ...store, ...(redis && { url: `redis://${redis}` }) },
      };
      writeFileSync(file, JSON.stringify({ ...rest, ...own }));
      return ["--config", file];
    },
  };
}
