/** Tasks that must not overlap: each begins when all before it have ended. */

/** Runs a task when its turn has come, and answers what came of it. */
export type InTurn = <Result>(task: () => Promise<Result>) => Promise<Result>;

/** A queue in which a task that fails is its caller's affair: the next ones run all the same. */
export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task);
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** A queue in which all tasks fail after one has: what that one left half done is not known. */
export function inTurnUntilOneFails(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task);
    last = turn;
    return turn;
  };
}
