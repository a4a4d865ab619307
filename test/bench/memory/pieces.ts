/**
 * What one piece of state takes: the same agents before and after many more pieces of one sort, and of no other, have
 * come in as events. Agents get different numbers of them, so that tables stand at all stages of their growth.
 */
import type { Baseline } from "../../../detectors/baseline/baseline.ts";
import type { AgentRow } from "../../../detectors/rows.ts";
import { type Random, random } from "../../../services/simulator/random.ts";
import { type Agent, agents, columnsOf, createWorld, type Feed, feeder, heldBytes, settle } from "./world.ts";

interface Piece {
  readonly agents: number;
  /** Everything that the pieces need around them. */
  prepare(agent: Agent, feed: Feed, own: Random): void;
  add(agent: Agent, feed: Feed, own: Random): void;
  /** Pieces that an agent holds. */
  count(agent: AgentRow): number;
}

const OK = '"outcome":{"result":"ok"}';
const GAP_MS = 1_900_000;
const OPERATIONS = 12;
const call = (operation: number, targets = "") =>
  `"operation":{"service":"service-${operation % 4}","name":"read_${operation}","tier":0${targets}},${OK}`;
const value = (number: number) => `account-${number}.example.com`;

/** A session of its own, ended by the gap before the next one. */
function session(agent: Agent, feed: Feed, bodies: readonly string[]): void {
  agent.timeMs += GAP_MS;
  for (const body of bodies) feed(agent, "api.called", `s-${agent.timeMs}`, body);
}

const edge: Piece = {
  agents: 1000,
  prepare(agent, feed) {
    for (let operation = 0; operation < OPERATIONS; operation++) session(agent, feed, [call(operation)]);
    settle(agent, () => session(agent, feed, [call(0)]));
  },
  add(agent, feed, own) {
    for (let left = 5 + own.below(60); left > 0; left--)
      session(
        agent,
        feed,
        Array.from({ length: 12 }, () => call(own.below(OPERATIONS))),
      );
    settle(agent, () => session(agent, feed, [call(0)]));
  },
  count: (agent) => columnsOf<Baseline>(agent, "out-of-graph").graph.count,
};

const slotValue: Piece = {
  agents: 1000,
  prepare(agent, feed) {
    session(agent, feed, [call(0, targets([value(0)]))]);
    settle(agent, () => session(agent, feed, [call(0)]));
  },
  add(agent, feed, own) {
    let next = own.below(90_000);
    for (let left = 4 + own.below(28); left > 0; left--)
      // A draw is a session's first value: that one is known, so the slot stays closed and keeps its values.
      session(agent, feed, [
        call(0, targets([value(0), ...Array.from({ length: 15 }, () => value(++next))])),
      ]);
    settle(agent, () => session(agent, feed, [call(0)]));
  },
  count: (agent) => columnsOf<Baseline>(agent, "out-of-graph").targets.count,
};
const targets = (values: readonly string[]) => `,"targets":{"recipient":${JSON.stringify(values)}}`;

const BASE = "s-base";
const liveSession: Piece = {
  agents: 200,
  prepare: (agent, feed) => settle(agent, () => feed(agent, "api.called", BASE, call(0))),
  add(agent, feed, own) {
    for (let left = 100 + own.below(600); left > 0; left--) {
      const id = `s-${own.hex(16)}`;
      // Twelve calls on six values, as sessions of the benchmark file are.
      for (let step = 0; step < 12; step++)
        feed(
          agent,
          "api.called",
          id,
          call(own.below(OPERATIONS), step % 2 === 0 ? targets([value(own.below(50))]) : ""),
        );
    }
    settle(agent, () => feed(agent, "api.called", BASE, call(0)));
  },
  count: ({ sessionCount }) => sessionCount,
};

const FAMILIES = 64;
const LIFETIME_MS = 300_000;
const liveToken: Piece = {
  agents: 200,
  prepare(agent, feed, own) {
    for (let family = 0; family < FAMILIES; family++) useToken(agent, feed, own);
    settle(agent, () => feed(agent, "api.called", BASE, call(0)));
  },
  add(agent, feed, own) {
    for (let left = 100 + own.below(800); left > 0; left--) useToken(agent, feed, own);
    settle(agent, () => feed(agent, "api.called", BASE, call(0)));
  },
  count: ({ tokenCount }) => tokenCount,
};

/** Issued, and used six times at three services, all from one place. */
function useToken(agent: Agent, feed: Feed, own: Random): void {
  const named = `"publicId":"jti-${own.hex(24)}","issuer":"https://login.example.com"`;
  const times = [0, LIFETIME_MS].map((after) => new Date(agent.timeMs + after).toISOString());
  const facts = `"family":"family-${own.hex(16)}","audience":["service-0","service-1","service-2"],"issuedAt":"${times[0]}","expiresAt":"${times[1]}"`;
  feed(agent, "token.issued", BASE, `"token":{${named},${facts}},${OK}`);
  const network = `"network":{"ip":"198.51.100.${agent.name.length}","asn":64496,"node":"node-1"}`;
  for (let use = 0; use < 6; use++) {
    agent.timeMs += 1000;
    feed(agent, "api.called", BASE, `"token":{${named}},${call(use % 3)},${network}`);
  }
}

const PIECES = { edge, "slot-value": slotValue, session: liveSession, token: liveToken };

/** Bytes that one more piece takes. */
export function bytesOf(name: keyof typeof PIECES, seed: number): number {
  const { prepare, add, count, agents: base } = PIECES[name];
  const own = random(seed, "memory");
  const world = createWorld();
  const feed = feeder(world);
  // Another number of agents for each seed: the tables that all agents share grow by doubling.
  const all = agents(base + own.below(base));
  const counted = () => [...world.set.agents.values()].reduce((sum, agent) => sum + count(agent), 0);
  for (const agent of all) prepare(agent, feed, own);
  const before = { count: counted(), bytes: heldBytes() };
  for (const agent of all) add(agent, feed, own);
  return (heldBytes() - before.bytes) / (counted() - before.count);
}

/** Whether there is a piece of this name. */
export const isPiece = (name: string): name is keyof typeof PIECES => name in PIECES;
