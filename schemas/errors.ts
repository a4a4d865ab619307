/**
 * Every error that a person or a program can meet: a code, what it means, the way out, and whether trying again helps.
 * A test keeps this list and the table in the README of services/ the same.
 */
export const ERRORS = {
  "line-too-long": {
    means: "a line is longer than the limit",
    wayOut: "raise ingest.maxLineBytes, or split the record",
    retryable: false,
  },
  "invalid-utf8": {
    means: "a line holds bytes that are not UTF-8",
    wayOut: "write the file as UTF-8",
    retryable: false,
  },
  "invalid-json": { means: "a line is not JSON", wayOut: "mend the line that is named", retryable: false },
  "invalid-event": {
    means: "a record does not fit the schema",
    wayOut: "mend the field that is named; `schemas/json/event.json` is the schema",
    retryable: false,
  },
  "unknown-record": {
    means: "a source cannot read this record",
    wayOut: "check --source; `offgraph sources` lists what each reads",
    retryable: false,
  },
  "future-event": {
    means: "an event lies more than five minutes ahead of when it was observed",
    wayOut: "mend the clock of the source",
    retryable: false,
  },
  "file-truncated": {
    means: "a compressed file ends too early",
    wayOut: "copy the file again; what was read before the end was used",
    retryable: false,
  },
  "file-unreadable": {
    means: "a file cannot be opened or is not what its name says",
    wayOut: "check the path, the rights and the compression",
    retryable: false,
  },
  "unknown-source": {
    means: "no source has this name",
    wayOut: "`offgraph sources` lists the names",
    retryable: false,
  },
  "bad-settings": {
    means: "a setting is not what is expected",
    wayOut: "mend the setting that is named; services/README.md lists them all with their meanings",
    retryable: false,
  },
  "no-access": {
    means: "the request has no token, or one without the role",
    wayOut: "send `Authorization: Bearer <token>` with the role that is named",
    retryable: false,
  },
  "too-large": {
    means: "a request is larger than the limit",
    wayOut: "send smaller batches, or raise ingest.maxBodyBytes",
    retryable: false,
  },
  busy: {
    means: "the system is taking in as much as it can",
    wayOut: "send again after the time in Retry-After",
    retryable: true,
  },
  unavailable: {
    means: "the log or the store does not answer; nothing of the request was acknowledged",
    wayOut: "send again after the time in Retry-After",
    retryable: true,
  },
  "not-found": {
    means: "there is nothing with this id",
    wayOut: "check the id, or the path, that is named",
    retryable: false,
  },
  "not-running": {
    means: "no running system answers",
    wayOut: "start it with `offgraph start`, or name it with --url",
    retryable: true,
  },
  "data-in-use": {
    means: "another process holds the data folder",
    wayOut: "stop that process, or use another --data folder",
    retryable: false,
  },
  "data-too-new": {
    means: "a newer version has written the data, in a form that this one cannot read",
    wayOut: "start the newer version again, or begin anew with another --data folder or redis.prefix",
    retryable: false,
  },
  fenced: {
    means: "another process has taken over this partition",
    wayOut: "nothing: the other one goes on",
    retryable: false,
  },
  interrupted: {
    means:
      "the store lost the beginning of a commit, because another of its servers took over in the midst of it",
    wayOut: "nothing: all of it is written again",
    retryable: true,
  },
  internal: {
    means: "the program met something that it does not expect",
    wayOut: "look into its log, and report it",
    retryable: true,
  },
  denied: {
    means: "the gate refuses this agent or token",
    wayOut: "`offgraph release ID`, or wait for the time that is named",
    retryable: false,
  },
  "not-ready": {
    means: "the gate has not yet read the deny list to its end",
    wayOut: "send again in a second",
    retryable: true,
  },
  "delivery-failed": {
    means: "a webhook did not take a finding",
    wayOut: "mend the receiver that is named; the finding is still in `offgraph findings`",
    retryable: false,
  },
  "untrusted-contract": {
    means: "a contract is not signed by a key that is trusted here",
    wayOut:
      "name the public key of the agent's owner in contracts.keys, and have the owner sign the contract",
    retryable: false,
  },
  "bad-request": {
    means: "a request is not what is expected",
    wayOut: "mend what the message names",
    retryable: false,
  },
} as const;
export type ErrorCode = keyof typeof ERRORS;

/** An error with a code from the list above. `message` names the place; the way out comes from the list. */
export class OffgraphError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "OffgraphError";
    this.code = code;
  }
  get wayOut(): string {
    return ERRORS[this.code].wayOut;
  }
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** Whether something that was thrown is an error of this kind. */
export const hasCode = (error: unknown, code: ErrorCode): error is OffgraphError =>
  error instanceof OffgraphError && error.code === code;
