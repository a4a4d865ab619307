/** What is asked about topics that are not ours. */
import type { KafkaClient } from "./client.ts";
import { openKafkajs } from "./kafkajs.ts";

const { metadata } = openKafkajs().apis;

interface TopicsAnswer {
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly topicErrorCode: number;
    readonly partitionMetadata: readonly object[];
  }[];
}

/** How many partitions a topic has, or with which code of the protocol it is refused. */
export interface ForeignTopic {
  readonly name: string;
  readonly partitions: number;
  /** 0: none. */
  readonly errorCode: number;
}

/** Asks for all at once. Errors: those of the request; what is wrong with one topic is told with it. */
export async function describeTopics(
  client: KafkaClient,
  topics: readonly string[],
): Promise<ForeignTopic[]> {
  const args = { topics, allowAutoTopicCreation: false };
  const { decode } = metadata.response;
  const answer = await client.request<TopicsAnswer>(client.anyNode(), "metadata", args, { decode });
  return answer.topicMetadata.map(({ topic, topicErrorCode, partitionMetadata }) => ({
    name: topic,
    partitions: partitionMetadata.length,
    errorCode: topicErrorCode,
  }));
}

interface PositionsAnswer {
  readonly responses: readonly { readonly partitions: readonly { readonly offset: string }[] }[];
}

/** The position that a group has acknowledged; undefined: none. Errors: those of the request. */
export async function acknowledgedBy(
  client: KafkaClient,
  groupId: string,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): Promise<number | undefined> {
  const args = { groupId, topics: [{ topic, partitions: [{ partition }] }] };
  const coordinator = await client.coordinatorOf(groupId);
  const answer = await client.request<PositionsAnswer>(coordinator, "offsetFetch", args);
  const position = Number(answer.responses[0]?.partitions[0]?.offset ?? -1);
  return position < 0 ? undefined : position;
}
