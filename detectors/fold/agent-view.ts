/** One agent in readable form, for people and programs. */
import type { Settings } from "../../schemas/settings.ts";
import { DETECTORS, detectorSettingsOf } from "../index.ts";
import { decodeAgent } from "./agent-codec.ts";
import { forget, workingSet } from "./working-set.ts";

/** An agent as its stored entries have it; undefined if they cannot be read. */
export function agentView(
  entries: ReadonlyMap<string, Uint8Array>,
  settings: Pick<Settings, "detectors">,
): object | undefined {
  const detectorSettings = detectorSettingsOf(settings.detectors);
  const set = workingSet(DETECTORS);
  const read = decodeAgent(entries, DETECTORS, detectorSettings, set);
  if (read === undefined) return undefined;
  const { agent } = read;
  const learned = DETECTORS.flatMap(({ id, view }, at) =>
    view === undefined ? [] : [[id, view(agent.own[at], agent, detectorSettings[at])]],
  );
  forget(set, agent);
  return {
    tenant: agent.tenant,
    id: agent.id,
    lastSeen: new Date(agent.clock).toISOString(),
    liveSessions: agent.sessionCount,
    knownTokens: agent.tokenCount,
    baselineVersion: agent.baselineVersion,
    ...Object.fromEntries(learned),
  };
}
