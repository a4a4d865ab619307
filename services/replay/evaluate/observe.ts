/** Sessions through the product's own fold: what its detectors say of them, given what it has learned. */
import type { NamedTable, ScoringContext } from "../../../detectors/evidence/weights.ts";
import type { Settings } from "../../../schemas/settings.ts";
import { replay } from "../replay.ts";
import { played, type RecordedSession, type Told } from "./recording.ts";
import { type Rise, rise, type Trail } from "./trail.ts";

/** How sessions are judged. */
export interface JudgingOptions {
  readonly told: Told;
  readonly settings: Pick<Settings, "detectors" | "processor">;
  readonly weights: NamedTable | "shipped";
}

/** The terms of one call, before they are weighted. */
export interface Call {
  readonly context: ScoringContext;
  readonly terms: Float64Array;
}

/** What was said of a session. */
export interface Observed {
  readonly trail: Trail;
  /** Of every call, if asked for. */
  readonly calls: readonly Call[];
}

/** Longer than any recording: learning ends with what there is to learn from, not before. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** Learns from some sessions, and then says what it thinks of others. No label is here to be seen. */
export async function observed(
  { told, settings, weights }: JudgingOptions,
  learn: readonly RecordedSession[],
  judge: readonly RecordedSession[],
  keepsTerms = false,
): Promise<readonly Observed[]> {
  const begun = new Map(judge.map((session) => [keyOf(session.agent, session.id), begin(session)]));
  const { detectors, processor } = settings;
  const outOfGraph = {
    ...detectors["out-of-graph"],
    evidence: "on",
    peers: "off",
    minSessions: NEVER,
    weights,
  };
  const { fault } = await replay({
    learn: [played(learn, told, 0)],
    learnsNoMore: true,
    inputs: [played(judge, told, learn.length)],
    settings: {
      detectors: { ...detectors, "out-of-graph": outOfGraph },
      processor: { ...processor, maxAgents: NEVER },
    },
    keyName: "evaluation",
    onFinding: () => undefined,
    onScored({ score, terms, context }, agent, session) {
      const one = begun.get(keyOf(agent.id, session.name));
      if (one === undefined) return;
      rise(one.rises, one.calls++, score);
      if (keepsTerms) one.kept.push({ context: context as ScoringContext, terms: terms.slice() });
    },
  });
  if (fault !== undefined) throw fault;
  return [...begun.values()].map(({ session, rises, kept }) => ({
    trail: trailOf(session, rises),
    calls: kept,
  }));
}

const keyOf = (agent: string, session: string) => `${agent}\n${session}`;

/** A session whose calls are being judged. */
interface Begun {
  readonly session: RecordedSession;
  calls: number;
  readonly rises: Rise[];
  readonly kept: Call[];
}

const begin = (session: RecordedSession): Begun => ({ session, calls: 0, rises: [], kept: [] });

function trailOf({ lines, ...session }: RecordedSession, rises: readonly Rise[]): Trail {
  return { ...session, calls: lines.length, rises };
}
