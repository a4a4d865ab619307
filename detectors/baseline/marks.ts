/** Which nodes the session in hand has used already; one list for all agents, because learning never nests. */
let marks = new Int32Array(1024);
let mark = 0;

/** Begins another session: nothing is marked. */
export function nextSession(): void {
  mark++;
}

/** Whether the session uses a node for the first time; from now on it has. */
export function isFirstInSession(node: number): boolean {
  if (node >= marks.length) {
    const larger = new Int32Array(Math.max(marks.length * 2, node + 1));
    larger.set(marks);
    marks = larger;
  }
  if (marks[node] === mark) return false;
  marks[node] = mark;
  return true;
}
