/** The agent that an event is about. */
import { z } from "zod";
import { AgentId, NAME_LENGTH, text } from "./ids.ts";

/** How the agent of an event was found, in the order tried. */
export const ATTRIBUTIONS = ["named", "claims", "index", "token"] as const;

const name = text(NAME_LENGTH);

/** Whose event it is. */
export const Agent = z.object({
  /** Unique within the tenant; a role or deployment, not one running copy of it. */
  id: AgentId,
  /** Build or model version; a change forks the baseline. */
  version: name.optional(),
  /** One running copy: pod, sandbox, process. Owns no baseline. */
  instance: name.optional(),
  owner: name.optional(),
  /** Peer group whose baseline backs this agent's. */
  group: name.optional(),
  attribution: z.enum(ATTRIBUTIONS).optional(),
});
