/** An installation to be harmed: processes on real servers, an endpoint that is told of findings, and all that is told of them counted. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type Cluster,
  type ClusterOptions,
  type Member,
  newCluster,
  startMember,
} from "../cluster/cluster.ts";
import { type Receiver, startReceiver } from "../egress/receiver.ts";

/** All roles but the processor, which most faults are about. */
export const OTHERS = "ingest,responder,egress,gate,api";
/** The same where days pass: then `overDays` opens a door for each. */
export const OTHERS_FOR_DAYS = "learner,responder,egress,gate,api";
/** Sets the clock of a process. */
const EARLIER = new URL("./earlier.ts", import.meta.url).pathname;

export interface System extends Omit<Cluster, "remove"> {
  /** The endpoint of the webhook. */
  readonly receiver: Receiver;
  /** Processes that were started and not ended with `end`. */
  running(): readonly Member[];
  /** Starts a door at this port; its clock is behind by so much. */
  openDoor(port: number, behindMs: number): Promise<Member>;
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
  const started = (member: Member): Member => {
    const end = (signal: "SIGTERM" | "SIGKILL") => {
      members.delete(kept);
      return member.end(signal);
    };
    const kept = { ...member, end };
    members.add(kept);
    return kept;
  };
  onTestFinished(async () => {
    await Promise.all([...members].map((member) => member.end("SIGKILL")));
    await cluster.remove();
    await receiver.close();
  });
  return {
    ...cluster,
    receiver,
    running: () => [...members],
    start: async (roles, more) => started(await cluster.start(roles, more)),
    async openDoor(port, behindMs) {
      const args = ["start", "--role", "ingest", "--port", `${port}`, "--config", cluster.file];
      const clock = { NODE_OPTIONS: `--import=${EARLIER}`, CLOCK_BEHIND_MS: `${behindMs}` };
      return started(await startMember(args, cluster.folder, { ...cluster.environment, ...clock }));
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
