/** What a person should know about the topics of a source, before and while it is read: whether they are there, and how far they are read. */
import { type Admin, withAdmin } from "./kafka/admin.ts";
import type { KafkaCheck } from "./kafka-doctor.ts";
import type { KafkaSourceOptions } from "./kafka-source.ts";

/** One check of this name for each topic. Never rejects: what is wrong is a check that says so. Makes and acknowledges nothing. */
export function examineSource(name: string, options: KafkaSourceOptions): Promise<readonly KafkaCheck[]> {
  const check = { check: name, wanted: "topics that are there and may be read" };
  return Promise.all(
    options.topics.map(async (topic) => ({ ...check, ...(await examineTopic(topic, options)) })),
  );
}

type Found = Pick<KafkaCheck, "ok" | "found" | "whatToDo">;

/** Over a connection of its own: kafkajs asks again for every topic that it was ever asked for, and fails with the worst. */
async function examineTopic(topic: string, options: KafkaSourceOptions): Promise<Found> {
  const { groupId } = options;
  try {
    const found = await withAdmin(options, (admin) => positionIn(admin, topic, groupId));
    return { ok: true, found, whatToDo: "" };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason !== undefined)
      return { ok: false, found: reason.what(topic, groupId), whatToDo: reason.whatToDo };
    const whatToDo = "start the brokers, or correct their addresses, tls and sasl";
    return { ok: false, found: `topic ${topic}: ${(error as Error).message}`, whatToDo };
  }
}

/** kafkajs wraps what the broker said, once for each layer that tried again. */
function reasonOf(error: unknown): Reason | undefined {
  if (!(error instanceof Error)) return undefined;
  return REASONS[(error as { type?: string }).type ?? ""] ?? reasonOf(error.cause);
}

async function positionIn(admin: Admin, topic: string, groupId: string): Promise<string> {
  const edges = await admin.fetchTopicOffsets(topic);
  const [read] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const behind = behindBy(edges, read?.partitions ?? []);
  const said =
    behind === undefined ? "has read nothing yet" : `is ${behind.toLocaleString("en")} records behind`;
  return `topic ${topic}: ${edges.length} partition${edges.length === 1 ? "" : "s"}; group ${groupId} ${said}`;
}

interface Edge {
  readonly partition: number;
  readonly low: string;
  readonly high: string;
}

/** Records that the group has not acknowledged; undefined if it has acknowledged none at all. */
function behindBy(
  edges: readonly Edge[],
  read: readonly { readonly partition: number; readonly offset: string }[],
): number | undefined {
  const positions = new Map(read.map(({ partition, offset }) => [partition, Number(offset)]));
  if ([...positions.values()].every((position) => position < 0)) return undefined;
  return edges.reduce((sum, { partition, low, high }) => {
    const from = Math.max(Number(low), positions.get(partition) ?? 0);
    return sum + Math.max(0, Number(high) - from);
  }, 0);
}

interface Reason {
  readonly what: (topic: string, groupId: string) => string;
  readonly whatToDo: string;
}

/** By the protocol's name of the error: what it means here, and what helps. */
const REASONS: Readonly<Record<string, Reason>> = {
  UNKNOWN_TOPIC_OR_PARTITION: {
    what: (topic) => `topic ${topic} is not there; it is waited for`,
    whatToDo: "correct its name in the settings, or make it: Offgraph makes no topics but its own",
  },
  TOPIC_AUTHORIZATION_FAILED: {
    what: (topic) => `topic ${topic} may not be read`,
    whatToDo: "give this user Read and Describe on the topic",
  },
  GROUP_AUTHORIZATION_FAILED: {
    what: (_topic, groupId) => `group ${groupId} may not be used`,
    whatToDo: "give this user Read on the group",
  },
};
