/** Steps that follow one another. */

/** Acts after all that were given before it have ended, well or not. */
export type InTurn = <Result>(act: () => Promise<Result>) => Promise<Result>;

/** A new queue. */
export function turns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const turn = last.then(act);
    last = turn.catch(() => undefined);
    return turn;
  };
}
