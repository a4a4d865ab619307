/** What can go wrong with Redis: whether trying again may help, and what a person is told. */
import { metrics } from "@opentelemetry/api";
import { TaskCancelledError } from "cockatiel";
import { type ErrorCode, OffgraphError } from "../../../schemas/errors.ts";

/** Kinds of fault, as the metric names them. */
type Fault =
  | "unreachable"
  | "slow"
  | "read-only"
  | "full"
  | "disk"
  | "access"
  | "not-replicated"
  | "unexpected";

const faultsTotal = metrics.getMeter("offgraph").createCounter("offgraph_redis_faults_total", {
  description: "Requests to Redis that failed for good, by what was the matter",
});

/** Fewer replicas than asked for have a commit. */
export class NotReplicated extends Error {}

/** Beginnings of answers that may be others in a moment: it starts, a failover is under way, slots move. */
const PASSING =
  /^(LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|MOVED|ASK|READONLY|NOREPLICAS|BUSY|UNBLOCKED|STALE)\b/;

/** Whether trying again may help: no answer came, or one that passes. */
export function isPassing(error: unknown, lost: Error | undefined): boolean {
  if (error instanceof OffgraphError || !(error instanceof Error)) return false;
  const reason = reasonOf(error, lost);
  if (isReply(reason)) return PASSING.test(reason.message);
  return !(reason instanceof TypeError || reason instanceof RangeError);
}

/** An answer of the server, as opposed to no answer. */
const isReply = ({ name }: Error) => name === "ReplyError";

/** What a server said tells more than that nothing could be sent: to us, to our connection, or to that of a Cluster. */
function reasonOf(error: Error, lost: Error | undefined): Error {
  const said: unknown = "lastNodeError" in error ? error.lastNodeError : undefined;
  return (
    ([error, said, lost].find((one) => one instanceof Error && isReply(one)) as Error | undefined) ?? error
  );
}

/** Of two errors of one request the one to be told: the newest answer, or what came instead when there never was one. */
export function moreTelling(earlier: unknown, later: unknown): unknown {
  const isAnswer = (error: unknown) =>
    error instanceof NotReplicated || (error instanceof Error && isReply(error));
  return isAnswer(earlier) && !isAnswer(later) ? earlier : later;
}

interface Situation {
  readonly place: string;
  readonly timeoutMs: number;
  /** What happened to the connection since the last answer, if anything. */
  readonly lost: Error | undefined;
}

/** The error that a caller gets: which fault, where, the cause, and the way out. */
export function failure(error: unknown, situation: Situation): OffgraphError {
  if (error instanceof OffgraphError) return error;
  const { place, lost } = situation;
  const reason = reasonOf(error instanceof Error ? error : new Error(String(error)), lost);
  const fault = faultOf(reason, lost);
  faultsTotal.add(1, { fault });
  const { code, says } = FAULTS[fault];
  const cause = isReply(reason) ? reason : (lost ?? reason);
  return new OffgraphError(code, `${place} ${says(cause.message, situation)}`, { cause });
}

function faultOf(reason: Error, lost: Error | undefined): Fault {
  if (reason instanceof NotReplicated) return "not-replicated";
  if (isReply(reason))
    return BEGINNINGS.find(([pattern]) => pattern.test(reason.message))?.[1] ?? "unexpected";
  if (reason instanceof TypeError || reason instanceof RangeError) return "unexpected";
  const isSilent = lost ? /^Socket timeout/.test(lost.message) : reason instanceof TaskCancelledError;
  return isSilent ? "slow" : "unreachable";
}

const BEGINNINGS: readonly (readonly [RegExp, Fault])[] = [
  [/^OOM\b/, "full"],
  [/^READONLY\b/, "read-only"],
  [/^(WRONGPASS|NOAUTH|NOPERM)\b/, "access"],
  [/^MISCONF\b/, "disk"],
  [/^NOREPLICAS\b/, "not-replicated"],
  [PASSING, "unreachable"],
];

interface Wording {
  readonly code: ErrorCode;
  /** Follows the place. */
  readonly says: (cause: string, situation: Situation) => string;
}

const FAULTS: Readonly<Record<Fault, Wording>> = {
  unreachable: {
    code: "unavailable",
    says: (cause) => `cannot be reached (${cause}): see that it runs, and check its address and the network`,
  },
  slow: {
    code: "unavailable",
    says: (_, { timeoutMs }) =>
      `has not answered within ${timeoutMs} ms: look at its load and its SLOWLOG, or raise redis.timeoutMs`,
  },
  "read-only": {
    code: "unavailable",
    says: () => "is a read-only replica: name the primary, or the Sentinels, which know it",
  },
  full: {
    code: "unavailable",
    says: (cause) => `is full (${cause}): raise its maxmemory, or remove what else lies there`,
  },
  disk: {
    code: "unavailable",
    says: (cause) => `cannot write to its disk (${cause}): see its log, and make room`,
  },
  access: {
    code: "bad-settings",
    says: (cause) =>
      `refuses us (${cause}): check redis.username, redis.passwordFile and the user's rights, which the doctor lists`,
  },
  "not-replicated": {
    code: "unavailable",
    says: (cause) =>
      `has too few replicas (${cause}): bring them back, or lower redis.replicas and risk the last commits at a failover`,
  },
  unexpected: { code: "internal", says: (cause) => `answers what we do not understand: ${cause}` },
};
