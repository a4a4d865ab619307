/** What must hold of a data folder, however often its service was killed. */
import { expect } from "vitest";
import type { Books } from "./books.ts";

/** Nothing accepted is lost, the findings are those of an undisturbed replay, and nothing has its effect twice. */
export function expectIntact(books: Books, accepted: ReadonlySet<string>): void {
  const { findings, replayed, audit, verdicts } = books;
  const logged = new Set(books.eventIds);
  expect([...accepted].filter((id) => !logged.has(id))).toEqual([]);
  // Nothing could go wrong where nothing was found.
  expect(replayed.length).toBeGreaterThan(0);
  expect(distinct(findings)).toEqual(distinct(replayed));
  expectSingleEffects(books);
  for (const verdict of verdicts) expect(verdict).toMatchObject({ intact: true });
  const asked = audit.flatMap(({ record }) => (record.what === "action.asked" ? [record.action.id] : []));
  expect(asked.toSorted()).toEqual([...new Set(books.actions.map(({ id }) => id))].toSorted());
}

/** Values as text, each once, in an order of their own. */
const distinct = (values: readonly object[]) =>
  [...new Set(values.map((value) => JSON.stringify(value)))].toSorted();

/** Every action that was asked for has come to one outcome, said once or many times, and its denials stand once. */
function expectSingleEffects({ actions, outcomes, denials }: Books): void {
  const ids = [...new Set(actions.map(({ id }) => id))].toSorted();
  expect(ids.length).toBeGreaterThan(0);
  expect(distinct(actions).length).toBe(ids.length);
  const confirmed = outcomes.filter(({ result, point }) => result === "confirmed" && point === "gate");
  expect(distinct(confirmed).length).toBe(ids.length);
  expect([...new Set(confirmed.map(({ action }) => action))].toSorted()).toEqual(ids);
  const places = denials.map(({ tenant, target, action }) => ({ tenant, target, action }));
  expect(distinct(denials).length).toBe(distinct(places).length);
  const quarantined = actions.filter(({ kind }) => kind === "quarantine").map(({ target }) => target);
  expect(distinct(denials.map(({ target }) => target))).toEqual(
    expect.arrayContaining(distinct(quarantined)),
  );
}
