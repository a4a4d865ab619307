/** Runs tasks one after the other. Once one has failed all later ones do, because what it left half done is not known. */
export function oneAfterTheOther(): (task: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (task) => {
    last = last.then(task);
    return last;
  };
}
