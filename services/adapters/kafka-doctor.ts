/** What a person should know about a Kafka before, and while, he trusts it with the log; and who is at work on it. */
import { OffgraphError } from "../../schemas/errors.ts";
import { withAdmin } from "./kafka/admin.ts";
import { DEFAULTS, type KafkaStreamOptions } from "./kafka/options.ts";
import { openKafkaStream } from "./stream-kafka.ts";

/** One thing that was looked at. */
export interface KafkaCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  readonly wanted: string;
  readonly whatToDo: string;
}

/** A consumer group with members. */
interface KafkaGroup {
  readonly id: string;
  /** Who is in it, as `client id at host`. */
  readonly members: readonly string[];
}

/** With two copies one broker may be lost; with three, one may be lost while another is being upgraded. */
const SAFE_REPLICATION = 3;

/** Never rejects for what is wrong with the brokers: then a check says so, and the rest is left out. */
export async function examineKafka(options: KafkaStreamOptions): Promise<readonly KafkaCheck[]> {
  const { replication = DEFAULTS.replication } = options;
  try {
    const brokers = await withAdmin(options, async (admin) => (await admin.describeCluster()).brokers.length);
    const reachable = { ...REACHABLE, ok: true, found: options.brokers.join(", ") };
    const enough: KafkaCheck = {
      check: "kafka: brokers",
      ok: replication >= SAFE_REPLICATION && brokers >= replication,
      found: `${brokers}, each record on ${replication}`,
      wanted: `each record on ${SAFE_REPLICATION} or more, and as many brokers`,
      whatToDo:
        "set kafka.replication to 3 where there are three brokers: with one copy, a lost disk is a lost log",
    };
    return [reachable, enough, await examineTopics(options)];
  } catch (error) {
    return [{ ...REACHABLE, ok: false, found: error instanceof Error ? error.message : String(error) }];
  }
}

const REACHABLE = {
  check: "kafka: reachable",
  wanted: "an answer",
  whatToDo: "start it, or correct kafka.brokers, kafka.tls, kafka.sasl and the network",
};

/** Opens the log as a process does, and makes nothing. */
async function examineTopics(options: KafkaStreamOptions): Promise<KafkaCheck> {
  const check = {
    check: "kafka: topics",
    wanted: "all topics, as the settings say, and rights on them",
    whatToDo:
      "`offgraph start` makes missing topics; change what differs with Kafka's own tools, or change the settings",
  };
  try {
    const stream = await openKafkaStream({ ...options, createTopics: false });
    await stream.close();
    return { ...check, ok: true, found: `all there, ${stream.partitions} partitions each` };
  } catch (error) {
    if (!(error instanceof OffgraphError)) throw error;
    return { ...check, ok: false, found: error.message };
  }
}

/** The groups of this prefix that have members. Errors: `unavailable`. */
export async function groupsAtWork(options: KafkaStreamOptions): Promise<readonly KafkaGroup[]> {
  const { topicPrefix = DEFAULTS.topicPrefix } = options;
  return withAdmin(options, async (admin) => {
    const ids = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    const own = ids.filter((id) => id.startsWith(topicPrefix));
    if (own.length === 0) return [];
    const { groups } = await admin.describeGroups(own);
    return groups
      .filter(({ members }) => members.length > 0)
      .map(({ groupId, members }) => ({
        id: groupId,
        members: members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost}`),
      }));
  });
}
