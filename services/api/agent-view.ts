/** An agent in readable form, as far as the api itself looks into it. */

/** A contract that is in force, or was. */
export interface KnownContract {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
}

/** Plain JSON: what a detector has learned stands under its name. */
export interface AgentView {
  readonly "out-of-graph"?: {
    readonly contracts?: readonly KnownContract[];
    readonly denied?: readonly object[];
  };
}
