/** The log of a process: one line of JSON each on standard output. */
import { destination, type Logger, pino } from "pino";
import type { Settings } from "../../schemas/settings.ts";

/** Wherever one of these names stands in what is logged, its value is replaced. */
const SECRETS = ["token", "secret", "authorization", "password", "key", "headers", "cookie"];
const REDACTED = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** A logger that leaves out what is below `level`; fields that may hold secrets are hidden. */
export function createLogger(level: Settings["log"]["level"]): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED, censor: "<hidden>" },
  };
  // Written at once: the last line before a crash is the one that matters.
  return pino(options, destination({ fd: 1, sync: true }));
}
