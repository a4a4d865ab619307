/** The door of a system: one process for each day, with a clock that is right for it, all of them at one address. */
import { inTurn } from "../../services/in-turn.ts";
import type { Member } from "../cluster/cluster.ts";
import { freePorts } from "../servers/ports.ts";
import type { System } from "./system.ts";

export interface Door {
  readonly url: string;
  /** Opens it at this time, ms since 1970, instead of the one before. */
  open(nowMs: number): Promise<void>;
  /** Ends it and opens it again; answers the exit code. */
  restart(signal: "SIGTERM" | "SIGKILL"): Promise<number | null | undefined>;
}

/** It is not open yet. */
export async function newDoor(system: System): Promise<Door> {
  const [port = 0] = await freePorts(1);
  const queue = inTurn();
  let behindMs = 0;
  let member: Member | undefined;
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    const code = await member?.end(signal);
    member = undefined;
    return code;
  };
  // Where the servers are away a process may end at its start; whatever starts it does so again.
  const begin = async () => {
    while (member === undefined) member = await system.openDoor(port, behindMs).catch(() => undefined);
  };
  return {
    url: `http://127.0.0.1:${port}`,
    open: (nowMs) =>
      queue(async () => {
        await end("SIGTERM");
        behindMs = Date.now() - nowMs;
        await begin();
      }),
    restart: (signal) =>
      queue(async () => {
        const code = await end(signal);
        await begin();
        return code;
      }),
  };
}
