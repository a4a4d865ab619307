/** What changes when one baseline takes the place of another, in lines. */
import type { Learned, LearnedWorkflow } from "./learned.ts";
import { shownCount } from "./terminal.ts";

/** Most lines of one kind. */
const SHOWN = 20;

/** Lines that say what would be otherwise; one that says that nothing would. */
export function differences(before: Learned, after: Learned): string[] {
  const lines = [
    ...workflows(before, after),
    ...changes(knownOperations(before), knownOperations(after), "baseline"),
    ...changes(knownValues(before), knownValues(after), "a known value"),
    ...changes(denied(before), denied(after), "denied"),
    ...changes(held(before), held(after), "held"),
  ];
  return lines.length > 0 ? lines : ["nothing that a person would see"];
}

const all = ({ agent, workflows }: Learned) => [agent ?? [], workflows].flat();
const nameOf = ({ workflow }: LearnedWorkflow) =>
  workflow === undefined ? "the agent" : `workflow \`${workflow}\``;
const stageOf = (one: LearnedWorkflow | undefined) =>
  one === undefined ? "unknown" : `${one.mode}, ${shownCount(one.sessions, "session")}`;

function workflows(before: Learned, after: Learned): string[] {
  const [was, is] = [before, after].map((one) => new Map(all(one).map((each) => [nameOf(each), each])));
  const names = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
  return [...names].flatMap((name) => {
    const [from, to] = [stageOf(was?.get(name)), stageOf(is?.get(name))];
    return from === to ? [] : [`${name}: ${from} → ${to}`];
  });
}

/** What a contract names stays with the contract, whatever is known otherwise. */
const isKnown = ({ state, by }: { state: string; by?: string }) =>
  by === undefined && (state === "baseline" || state === "pinned");

const knownOperations = (learned: Learned) =>
  all(learned).flatMap((one) =>
    one.operations
      .filter(isKnown)
      .map(({ operation, state }) => `${nameOf(one)}: \`${operation}\` (${state})`),
  );

const knownValues = ({ targets }: Learned) =>
  targets.flatMap(({ operation, field, values }) =>
    values.filter(isKnown).map(({ value }) => `\`${operation}\` with ${field} \`${value}\``),
  );

const denied = (learned: Learned) =>
  learned.denied.map(({ operation, workflow, value }) => `\`${operation}\` ${value ?? `in ${workflow}`}`);

const held = ({ heldSessions }: Learned) => heldSessions.map(({ session }) => `session ${session}`);

/** What goes and what comes. */
function changes(before: readonly string[], after: readonly string[], what: string): string[] {
  const gone = before.filter((one) => !after.includes(one)).map((one) => `- ${one} is no longer ${what}`);
  const come = after.filter((one) => !before.includes(one)).map((one) => `+ ${one} is ${what}`);
  return [...few(gone), ...few(come)];
}

const few = (lines: readonly string[]) =>
  lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `  and ${lines.length - SHOWN} more`];
