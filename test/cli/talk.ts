/** A running system, talked to by `offgraph` as people do. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import type { Learned } from "../../services/cli/learned.ts";
import type { Given } from "../detectors/given.ts";
import { ran } from "./command.ts";

/** What has come by is seen once it is committed; these settings have that done soon. */
export const COMMITS_SOON = { processor: { commitIntervalMs: 20 } };
export const eventually = <Value>(ask: () => Promise<Value>) => expect.poll(ask, { timeout: 20_000 });

/** Commands to the system that `url` leads to at that moment; files that they need are made in `folder`. */
export function talkTo(url: () => string, folder: string) {
  const remote = (...args: string[]) => ran(...args, "--url", url());
  const json = async (...args: string[]) => JSON.parse((await remote(...args, "--json")).out);
  return {
    remote,
    json,
    ready: () => eventually(async () => (await fetch(`${url()}/readyz`)).status).toBe(200),
    learned: async (): Promise<Learned> => (await json("agents", "a"))["out-of-graph"],
    async sends(...events: readonly Given[]): Promise<void> {
      const file = join(folder, "events.ndjson");
      writeFileSync(file, events.map((event) => JSON.stringify(event)).join("\n"));
      expect((await remote("ingest", file)).code).toBe(0);
    },
    /** The findings of the session that begins with the first of these events. */
    async foundIn([first]: readonly Given[]): Promise<Finding[]> {
      const lines = (await remote("findings", "--limit", "100", "--json")).out.split("\n");
      const findings = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Finding);
      return findings.filter((finding) => finding.session === first?.session);
    },
  };
}
