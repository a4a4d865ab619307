import type { ChildProcess } from "node:child_process";

const children = new Set<ChildProcess>();

/** Whatever becomes of this process, the child does not outlive it; but for `kill -9`, which nobody hears. */
export function endsWithUs(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
}

function endAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

process.once("exit", endAll);
// Vitest ends its workers so, and then there is no `exit`.
process.once("SIGTERM", () => {
  endAll();
  if (process.listenerCount("SIGTERM") === 0) process.exit();
});
