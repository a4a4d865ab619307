/** What a finding says of the agent's peers: how many do the same. */
import type { EventView } from "../../schemas/event-view.ts";
import type { FindingDraft, Rows } from "../detector.ts";
import { versionName } from "../groups/peers.ts";
import { shareKnown } from "../groups/version.ts";
import type { Baseline } from "./baseline.ts";
import { operationOf } from "./event-names.ts";
import { hashesOf } from "./names.ts";
import type { SessionPath } from "./path.ts";

/** What most witnesses among the peers do is told at low severity. */
const USUAL = 0.5;

/** The draft of an operation that is new to the agent, with the share of its peers that use it; any other is the same. */
export function withPeers(
  { agent, own, groups }: Rows<Baseline, SessionPath>,
  draft: FindingDraft,
  event: EventView,
): FindingDraft {
  const peers = own.agent.memory?.peers;
  if (draft.kind !== "operation-new-to-agent" || peers === undefined) return draft;
  const version = groups?.versionOf(agent.tenant, peers.judge, peers.epoch);
  if (version === undefined) return draft;
  const [low, high] = hashesOf(own.agent.names, operationOf(own.agent, event));
  const share = shareKnown(version, version.operations, low, high);
  const uses = Math.round(share * version.witnesses);
  return {
    ...draft,
    ...(share >= USUAL && { severity: "low" }),
    peerVersion: versionName(peers),
    expected: `${draft.expected} Of ${version.witnesses} witnesses among its peers ${uses} use it.`,
    evidence: { ...draft.evidence, peersThatUseIt: uses, peerWitnesses: version.witnesses },
  };
}
