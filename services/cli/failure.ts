/** How the command line ends when something goes wrong: a line for each fault, the way out, and an exit code that scripts can rely on. */
import { CommanderError } from "commander";
import { type ErrorCode, OffgraphError } from "../../schemas/errors.ts";
import { safe, tell } from "./terminal.ts";

/** Exit codes; those above 60 are from sysexits.h. Shown by --help. */
export const EXIT = {
  ok: 0,
  found: 1,
  usage: 2,
  badInput: 65,
  unavailable: 69,
  internal: 70,
  noAccess: 77,
} as const;

/** The exit codes, as `--help` tells them. */
export const EXIT_HELP = `Exit codes:
  0   done
  1   findings at least as severe as --fail-on; an audit log that is not whole; a check of doctor that failed
  2   wrong command, option or setting
  65  bad input: a file, or any record that was to be ingested, cannot be read, or there is nothing with that id
  69  no running system answers, or the data folder is in use
  70  an error inside Offgraph
  77  no access: the token is missing or lacks the role`;

const EXIT_BY_CODE: Partial<Record<ErrorCode, number>> = {
  "bad-settings": EXIT.usage,
  "bad-request": EXIT.usage,
  "unknown-source": EXIT.usage,
  "no-access": EXIT.noAccess,
  busy: EXIT.unavailable,
  "not-running": EXIT.unavailable,
  "data-in-use": EXIT.unavailable,
  "data-too-new": EXIT.unavailable,
  fenced: EXIT.unavailable,
  internal: EXIT.internal,
};

/** Says what went wrong and answers the exit code. A stack is shown only for faults of our own. */
export function fail(error: unknown): number {
  if (error instanceof CommanderError) return failUsage(error);
  if (error instanceof OffgraphError) {
    for (const line of error.message.split("\n")) tell(`offgraph: ${safe(line)}`);
    // Its messages say what is expected; the way out would only point back at them.
    tell(error.code === "bad-request" ? "  (bad-request)" : `  → ${error.wayOut} (${error.code})`);
    return EXIT_BY_CODE[error.code] ?? EXIT.badInput;
  }
  const fault = error instanceof Error ? error : new Error(String(error));
  tell(`offgraph: an error inside Offgraph: ${safe(fault.message)}`);
  tell(safe(fault.stack ?? "").replaceAll("\\u{a}", "\n"));
  return EXIT.internal;
}

/** A wrong command line, told like all other errors. Commander's own words for a value repeat the option's whole signature. */
function failUsage({ code, exitCode, message }: CommanderError): number {
  if (exitCode === 0) return EXIT.ok;
  // A command without its sub-command: its help was shown.
  if (code === "commander.help") return EXIT.usage;
  const plain = message
    .replace(/^error: /, "")
    .replace(/^option '(\S+).*?' argument '(.*)' is invalid\. (.*)$/s, "$1: $3, got $2")
    .replace(/Allowed choices are (.*)\.,/, "expected one of $1,")
    .replace(/\s*\(Did you mean (.*)\?\)$/, "; did you mean $1?");
  tell(`offgraph: ${safe(plain)}`);
  tell("  → add --help to the command to have it explained (usage)");
  return EXIT.usage;
}
