import { describe, expect, it } from "vitest";
import { decodeAgent, encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { agentView } from "../../detectors/fold/agent-view.ts";
import { forget, workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { bytes, ints } from "../../detectors/stats/room.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns, STRIDE, TEXT, TEXT_AT } from "../../schemas/event-view.ts";
import { Settings } from "../../schemas/settings.ts";
import { createJudge } from "../../services/judge.ts";
import { call, DAY } from "./given.ts";

/** Calls of a session that ends and of one that goes on: enough for every array, and for some to grow. */
const TIMES = [0, DAY];
const columns = eventColumns(TIMES.length);
const scanner = new EventScanner(hashKey(Buffer.alloc(16)));
TIMES.forEach((atMs, slot) => {
  const targets = { file: [0, 1, 2, 3, 4].map((at) => `file-${atMs}-${at}.example.com`) };
  const line = Buffer.from(JSON.stringify(call(atMs, { name: `read-${slot}`, targets, workflow: "Read" })));
  if (!scanner.scan(line, 0, line.length, columns, slot, true)) throw new Error(`cannot be scanned: ${line}`);
});
const view = new EventView(columns);

const { fold, detectorSettings } = createJudge(Settings.parse({}), "test");
const set = workingSet(DETECTORS);
let position = 0;

/** Folds the calls as those of an agent with this number for its hash, each once in so many sessions. */
function work(agent: number, sessions = 1): void {
  for (let slot = 0; slot < TIMES.length; slot++)
    for (let session = 0; session < sessions; session++) {
      const hashes = slot * STRIDE + TEXT_AT;
      columns.numbers[hashes + TEXT.agent * 4] = agent;
      columns.numbers[hashes + TEXT.instance * 4] = session;
      columns.numbers[hashes + TEXT.id * 4] = session;
      fold.step(set, view.move(slot), position++, () => {});
    }
}

function forgetAll(): void {
  for (const agent of [...set.agents.values()]) forget(set, agent);
  set.changed = [];
}

/** Shared pages that were made while something was done often, after it was done once. */
function pagesOf(times: number, once: () => void): number {
  once();
  const made = ints.made + bytes.made;
  for (let time = 1; time < times; time++) once();
  return ints.made + bytes.made - made;
}

const AT_ONCE = 1000;

describe("memory of what is forgotten", () => {
  it("serves the next agents: a hundred thousand take no more than the first thousand", () => {
    const once = () => {
      for (let agent = 1; agent <= AT_ONCE; agent++) work(agent);
      expect(set.agents.size).toBe(AT_ONCE);
      forgetAll();
      expect([set.agents.size, set.sessions.size]).toEqual([0, 0]);
    };
    expect(pagesOf(100, once)).toBe(0);
  });

  it("is taken anew where nothing is forgotten", () => {
    let next = 1;
    const once = () => {
      for (const end = next + AT_ONCE; next < end; next++) work(next);
    };
    expect(pagesOf(10, once)).toBeGreaterThan(10);
    forgetAll();
  });

  it("serves the next sessions, also of an agent that had more than are kept to be used again", () => {
    const once = () => {
      work(1, 1000);
      expect(set.spare.length).toBeLessThan(300);
      forgetAll();
    };
    expect(pagesOf(30, once)).toBe(0);
  });

  it("serves agents that are written and read back, that cannot be read, or that are looked at", () => {
    work(1);
    const [agent] = [...set.agents.values()];
    if (agent === undefined) throw new Error("no agent");
    const entries = encodeAgent(agent, DETECTORS, set);
    const own = entries.get("out-of-graph") ?? new Uint8Array();
    const row = entries.get("row") ?? new Uint8Array();
    const once = () => {
      for (let time = 0; time < 50; time++) {
        const longer = new Map(entries).set("out-of-graph", Uint8Array.of(...own, 0));
        for (const some of [entries, longer]) {
          forgetAll();
          expect(decodeAgent(some, DETECTORS, detectorSettings, set)).toBeDefined();
        }
        const broken = new Map(entries).set("row", Uint8Array.of(...row, 0));
        for (let again = 0; again < 10; again++)
          expect(decodeAgent(broken, DETECTORS, detectorSettings, set)).toBeUndefined();
        expect(agentView(entries, { detectors: {} })).toBeDefined();
      }
    };
    expect(pagesOf(20, once)).toBe(0);
    forgetAll();
  });
});
