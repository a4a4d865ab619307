/** What was learned of an agent, as far as commands look into it; the system shows it at /v1/agents/ID. */
import type { ApiClient } from "./client.ts";

/** An edge with its state. */
export interface Edge {
  readonly operation: string;
  readonly state: string;
  readonly tier: number;
  /** The contract that it is pinned by. */
  readonly by?: string;
  readonly sessions: number;
  readonly witnesses: number;
}

/** A workflow, or the agent as a whole. */
export interface LearnedWorkflow {
  readonly workflow?: string;
  readonly mode: string;
  readonly sessions: number;
  readonly operations: readonly Edge[];
}

/** One field of an operation. */
export interface LearnedSlot {
  readonly operation: string;
  readonly field: string;
  readonly openness: string;
  readonly values: readonly { readonly value: string; readonly state: string; readonly sessions: number }[];
}

/** A session that waits for a person. */
export interface WaitingSession {
  readonly session: string;
  readonly workflow?: string;
  readonly until: string;
  readonly strange: readonly string[];
}

/** A contract that was applied. */
export interface AppliedContract {
  readonly name: string;
  readonly version: number;
  readonly workflow?: string;
  readonly until: string;
  readonly state: string;
  readonly closed: boolean;
  readonly key: string;
  readonly digest: string;
  readonly operations: number;
  readonly doesNotHoldFor: readonly { readonly operation: string; readonly why: string }[];
}

/** What out-of-graph knows of an agent. */
export interface Learned {
  readonly version: number;
  readonly agent?: LearnedWorkflow;
  readonly workflows: readonly LearnedWorkflow[];
  readonly targets: readonly LearnedSlot[];
  readonly contracts: readonly AppliedContract[];
  readonly heldSessions: readonly WaitingSession[];
  readonly denied: readonly {
    readonly operation: string;
    readonly workflow?: string;
    readonly value?: string;
  }[];
}

/** An agent as the system shows it, as far as commands look into it. */
interface ShownAgent {
  readonly "out-of-graph"?: Learned;
}

/** Of an agent of which nothing was learned. */
const NOTHING: Learned = {
  version: 0,
  workflows: [],
  targets: [],
  contracts: [],
  heldSessions: [],
  denied: [],
};

/** What is known in an answer that shows an agent; undefined if nothing of it could be read. */
export const learnedIn = (shown: ShownAgent | undefined): Learned => shown?.["out-of-graph"] ?? NOTHING;

/** What was learned of an agent up to the last commit, a few seconds ago at most; nothing if it is not known. */
export async function learnedOf(client: ApiClient, agent: string): Promise<Learned> {
  const shown = await client
    .get<ShownAgent>(`/v1/agents/${encodeURIComponent(agent)}`)
    .catch((error: { code?: string }) => {
      if (error.code === "not-found") return undefined;
      throw error;
    });
  return learnedIn(shown);
}
