/**
 * Who gets which partitions: everybody keeps what he has, as far as shares stay even, and what changes hands is given to nobody
 * until its owner has let it go. So a rebalance stops nothing that stays where it is (KIP-429, with kafkajs' eager groups), and
 * no partition has two owners.
 */
import kafkajs, { type GroupMember } from "kafkajs";

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
/** Name of the protocol in the group. Members with another one cannot join it. */
export const PROTOCOL = "offgraph-sticky-1";
const VERSION = 0;

/** What a member says of itself. */
interface Claim {
  /** What it holds, and gives up when it is told to. */
  readonly owned: readonly number[];
  /** The last generation that it was in; -1: none. Claims older than the newest are void: somebody else may have had them. */
  readonly generation: number;
}

/** A member in words of ours. */
export interface Member extends Claim {
  readonly id: string;
}

/** What a member sends when it joins. Topics are for those who look at the group with Kafka's tools. */
export const encodeClaim = (topics: readonly string[], claim: Claim): Buffer =>
  MemberMetadata.encode({
    version: VERSION,
    topics: [...topics],
    userData: Buffer.from(JSON.stringify(claim)),
  });

/** Partitions in an answer, of whatever topic: those of one number have one owner in all topics of the group. */
export function decodeShare(assignment: Buffer): Set<number> {
  const decoded = MemberAssignment.decode(assignment);
  return new Set(Object.values(decoded?.assignment ?? {}).flat());
}

/** The leader's answer to all members. */
export function shareOut(members: readonly GroupMember[], partitions: number) {
  const told = members.map(({ memberId, memberMetadata }) => {
    const metadata = MemberMetadata.decode(memberMetadata);
    const claim: Claim = JSON.parse(metadata?.userData.toString() || '{"owned":[],"generation":-1}');
    return { id: memberId, topics: metadata?.topics ?? [], ...claim };
  });
  const shares = assign(told, partitions);
  return told.map(({ id, topics }) => {
    const assignment = Object.fromEntries(topics.map((topic) => [topic, shares.get(id) ?? []]));
    return {
      memberId: id,
      memberAssignment: MemberAssignment.encode({ version: VERSION, assignment, userData: Buffer.alloc(0) }),
    };
  });
}

/** Partitions by member. Every member works out the same from the same claims. */
export function assign(members: readonly Member[], partitions: number): Map<string, number[]> {
  const owners = ownersOf(members, partitions);
  const held = (id: string) => owners.flatMap((owner, partition) => (owner === id ? [partition] : []));
  const ids = members.map(({ id }) => id).sort((a, b) => held(b).length - held(a).length || (a < b ? -1 : 1));
  const quotas = ids.map(
    (_, at) => Math.floor(partitions / ids.length) + (at < partitions % ids.length ? 1 : 0),
  );
  const shares = ids.map((id, at) => held(id).slice(0, quotas[at]));
  const kept = new Set(shares.flat());
  const free = owners.flatMap((_, partition) => (kept.has(partition) ? [] : [partition]));
  for (const [at, share] of shares.entries()) share.push(...free.splice(0, quotas[at]! - share.length));
  const letGo = (id: string) => (partition: number) =>
    owners[partition] === undefined || owners[partition] === id;
  return new Map(ids.map((id, at) => [id, shares[at]!.filter(letGo(id))]));
}

/** Who holds each partition, by the claims that count. */
function ownersOf(members: readonly Member[], partitions: number): (string | undefined)[] {
  const newest = Math.max(...members.map(({ generation }) => generation));
  const owners = new Array<string | undefined>(partitions).fill(undefined);
  for (const { id, owned, generation } of members)
    for (const partition of generation === newest ? owned : [])
      if (partition < partitions) owners[partition] ??= id;
  return owners;
}
