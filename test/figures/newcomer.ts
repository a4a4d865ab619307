/**
 * A recorded model as a new agent: the other models of its role work for ten days before it comes, as its peers. It lives
 * ten sessions a day; now and then it is copied, and each copy is shown one session that it has never seen.
 */
import type { Standing } from "../../detectors/detector.ts";
import { decodeAgent, encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns } from "../../schemas/event-view.ts";
import type { Settings } from "../../schemas/settings.ts";
import { PUBLIC_KEY } from "../../services/ingest/index.ts";
import { createJudge } from "../../services/judge.ts";
import type { RecordedSession } from "../../services/replay/evaluate/recording.ts";
import { addUp, peerGroups } from "../../services/replay/peers.ts";

/** Sessions of the peers, by the name of each, and of the new agent, in the order in which they are lived. */
export interface Cast {
  readonly role: string;
  readonly peers: ReadonlyMap<string, readonly RecordedSession[]>;
  readonly own: readonly RecordedSession[];
}

/** What became of a session that was shown to the new agent. */
export interface Shown {
  readonly score: number;
  readonly isJudged: boolean;
  readonly isTold: boolean;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse("2026-03-02T00:00:00Z");
const PEER_DAYS = 10;
/** Two days later, so that all that the peers have learned has taken effect. */
const COMES_ON = PEER_DAYS + 2;
const PER_DAY = 10;
const NAME = "newcomer";

const scanner = new EventScanner(hashKey(PUBLIC_KEY.secret));
const view = new EventView(eventColumns(1));
let events = 0;

/** A call of a session as one of an agent, at a time, in a group; no workflow is declared, and no version told. */
function viewOf(line: Buffer, id: string, group: string, timeMs: number): EventView {
  const { workflow: _, ...event } = JSON.parse(line.toString()) as Record<string, unknown>;
  const own = { id: `e-${++events}`, time: new Date(timeMs).toISOString(), agent: { id, group } };
  const text = Buffer.from(JSON.stringify({ ...event, ...own }));
  if (!scanner.scan(text, 0, text.length, view.columns, 0, false))
    throw new Error(`cannot be scanned: ${text}`);
  return view.move(0);
}

/** Lives through it all; `tried` is told, after so many sessions of its own, how to show it one more. */
export function live(
  { role, peers, own }: Cast,
  settings: Pick<Settings, "detectors" | "processor">,
  usesPeers: boolean,
  ages: readonly number[],
  tried: (age: number, show: (session: RecordedSession) => Shown) => void,
): void {
  const groups = peerGroups(usesPeers);
  let score = Number.NaN;
  const onScored = ({ sessionScore }: { sessionScore: number }) => {
    score = sessionScore;
  };
  const { fold, detectorSettings } = createJudge(settings, "figures", onScored, groups.book);
  const set = workingSet(DETECTORS);
  let position = 0;
  const play = (
    { lines }: RecordedSession,
    name: string,
    timeMs: number,
    into = set,
    emit = (_: unknown) => {},
  ) => {
    for (const [call, line] of lines.entries()) {
      const event = viewOf(line, name, role, timeMs + call * 1000);
      if (into === set && event.time >= groups.dueMs)
        addUp(groups, event.time, { set, cold: [], detectorSettings });
      fold.step(into, event, position++, emit);
    }
  };
  for (const { name, session, timeMs } of lifeOf(peers)) play(session, name, timeMs);
  for (const [lived, session] of own.entries()) {
    const day = COMES_ON + Math.floor(lived / PER_DAY);
    if (ages.includes(lived)) tried(lived, (one) => shown(one, START + (day + 1) * DAY + 20 * HOUR));
    play(session, NAME, START + day * DAY + (2 + (lived % PER_DAY)) * HOUR);
  }

  function shown(session: RecordedSession, timeMs: number): Shown {
    const copy = workingSet(DETECTORS);
    const agent = [...set.agents.values()].find(({ id }) => id === NAME);
    if (agent !== undefined)
      decodeAgent(encodeAgent(agent, DETECTORS, set), DETECTORS, detectorSettings, copy);
    const before = { ...fold.standings };
    let isTold = false;
    play(session, NAME, timeMs, copy, (found) => {
      isTold ||= (found as { kind: string }).kind === "unlikely-session";
    });
    const stands = (standing: Standing) => fold.standings[standing] > before[standing];
    return { score, isJudged: stands("judged") || stands("budget"), isTold };
  }
}

/** The peers' sessions, in the order of their times. */
function lifeOf(peers: Cast["peers"]) {
  const all = [...peers].flatMap(([name, sessions]) => {
    const perDay = Math.ceil(sessions.length / PEER_DAYS);
    return sessions.map((session, at) => {
      const [day, ordinal] = [Math.floor(at / perDay), at % perDay];
      return { name, session, timeMs: START + day * DAY + 2 * HOUR + ordinal * (HOUR / 2) };
    });
  });
  return all.sort((a, b) => a.timeMs - b.timeMs);
}
