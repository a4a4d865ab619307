/** Files that are half written: they go when the process ends before they are finished, also by Ctrl-C. */
import { rmSync } from "node:fs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const drafts = new Set<string>();

/** From now on the file is removed when the process ends. */
export function beginDraft(path: string): void {
  if (drafts.size === 0) {
    process.on("exit", removeAll);
    for (const signal of SIGNALS) process.on(signal, leave);
  }
  drafts.add(path);
}

/** The file is finished, or gone. */
export function endDraft(path: string): void {
  drafts.delete(path);
  if (drafts.size > 0) return;
  process.off("exit", removeAll);
  for (const signal of SIGNALS) process.off(signal, leave);
}

function removeAll(): void {
  for (const path of drafts) rmSync(path, { force: true });
}

/** Ends as the signal would have: whoever sent it sees that it was obeyed. */
function leave(signal: NodeJS.Signals): void {
  removeAll();
  for (const path of [...drafts]) endDraft(path);
  process.kill(process.pid, signal);
}
