/** The workflow graph as Maps of Maps: what follows what, and the targets of each operation. */
import { isIdentifier } from "../../../detectors/baseline/values/value-kind.ts";
import type { Event } from "../../../schemas/event.ts";

type Call = Extract<Event, { kind: "api.called" }>;

interface Edge {
  count: number;
  sessions: number;
  readonly units: Set<string>;
}

interface Context {
  total: number;
  readonly next: Map<string, Edge>;
}

/** Of one workflow, or of the agent as a whole. */
interface Graph {
  sessions: number;
  isLearning: boolean;
  readonly units: Set<string>;
  readonly contexts: Map<string, Context>;
  readonly baseline: Set<string>;
}

interface Slot {
  draws: number;
  once: number;
  isOpen: boolean;
  readonly values: Map<string, { sessions: number; readonly units: Set<string> }>;
}

/** What is known of one agent. */
export interface Baseline {
  readonly graphs: Map<string, Graph>;
  readonly slots: Map<string, Slot>;
}

/** What a live session has done so far. */
export interface Path {
  readonly workflow: string;
  readonly unit: string;
  readonly operations: string[];
  readonly values: Map<string, Set<string>>;
  readonly told: Set<string>;
}

const ORDER = 3;
const DISCOUNT = [0.5, 0.7, 0.8, 0.85];
const CONCENTRATION = [1, 0.5, 0.5, 0.5];
const MIN_SESSIONS = 20;
const WHOLE_AGENT = "";

/** Nothing is known yet. */
export const baseline = (): Baseline => ({ graphs: new Map(), slots: new Map() });

/** A session that an event begins. */
export const path = ({ workflow = "", trustUnit = "" }: Event): Path => ({
  workflow,
  unit: trustUnit,
  operations: [],
  values: new Map(),
  told: new Set(),
});

/** Judges a step if it is sensitive, then keeps it. Answers what is to be told. */
export function step(known: Baseline, session: Path, event: Call): readonly string[] {
  const { operation } = event;
  const name = `${operation.service} ${operation.name}`;
  const findings = operation.tier > 0 ? judge(known, session, name, event) : [];
  session.operations.push(name);
  for (const [field, values] of Object.entries(operation.targets ?? {}))
    keep(session, `${name} ${field}`, values);
  return findings;
}

function keep(session: Path, slot: string, values: readonly string[]): void {
  const kept = session.values.get(slot) ?? new Set();
  for (const value of values) kept.add(value);
  session.values.set(slot, kept);
}

function judge(known: Baseline, session: Path, name: string, { operation }: Call): readonly string[] {
  const graph = [session.workflow, WHOLE_AGENT]
    .map((level) => known.graphs.get(level))
    .find((one) => one && !one.isLearning);
  const bits = Math.min(20, -Math.log2(probability(known, session, name)));
  if (graph === undefined || session.told.has(name)) return [];
  const strangers = Object.entries(operation.targets ?? {}).flatMap(([field, values]) =>
    values.filter((value) => isStranger(known.slots.get(`${name} ${field}`), value)),
  );
  const isNew = !graph.baseline.has(name);
  if (!isNew && strangers.length === 0) return [];
  session.told.add(name);
  return [`${name} ${isNew ? "is new" : "is known"}, ${strangers.join(", ")}, ${bits.toFixed(1)} bits`];
}

function isStranger(slot: Slot | undefined, value: string): boolean {
  if (slot === undefined || slot.isOpen || slot.draws < 10 || !isIdentifier(value)) return false;
  return (slot.once + 1) / (slot.draws + 2) < 0.05 && !slot.values.has(value);
}

/** Interpolated Pitman-Yor smoothing, workflow over agent over uniform. */
function probability(known: Baseline, session: Path, name: string): number {
  let p = 1 / 50;
  for (const level of [WHOLE_AGENT, session.workflow]) {
    const contexts = known.graphs.get(level)?.contexts;
    for (let order = 0; order <= ORDER; order++) {
      const context = contexts?.get(contextOf(session.operations, session.operations.length, order));
      if (context === undefined) continue;
      const [discount = 0, concentration = 0] = [DISCOUNT[order], CONCENTRATION[order]];
      const seen = Math.max((context.next.get(name)?.count ?? 0) - discount, 0);
      const rest = (concentration + discount * context.next.size) / (context.total + concentration);
      p = seen / (context.total + concentration) + rest * p;
    }
  }
  return p;
}

/** The last `order` operations before a place, in one word. */
function contextOf(operations: readonly string[], at: number, order: number): string {
  let key = `${order}`;
  for (let back = order; back > 0; back--) key += `\n${operations[at - back] ?? "(start)"}`;
  return key;
}

/** Learns from a session that has ended without a finding. */
export function learn(known: Baseline, session: Path): void {
  for (const level of new Set([WHOLE_AGENT, session.workflow])) {
    const graph = known.graphs.get(level) ?? begin(known, level);
    graph.sessions++;
    graph.units.add(session.unit);
    learnPath(graph, session);
  }
  for (const [name, values] of session.values) learnValues(known, name, values, session.unit);
}

function begin(known: Baseline, level: string): Graph {
  const graph = {
    sessions: 0,
    isLearning: true,
    units: new Set<string>(),
    contexts: new Map(),
    baseline: new Set<string>(),
  };
  known.graphs.set(level, graph);
  return graph;
}

function learnPath(graph: Graph, { operations, unit }: Path): void {
  const met = new Set<Edge>();
  operations.forEach((name, at) => {
    for (let order = 0; order <= ORDER; order++) {
      const key = contextOf(operations, at, order);
      const context = graph.contexts.get(key) ?? { total: 0, next: new Map<string, Edge>() };
      const edge = context.next.get(name) ?? { count: 0, sessions: 0, units: new Set<string>() };
      context.total++;
      edge.count++;
      if (!met.has(edge)) edge.sessions++;
      met.add(edge);
      if (edge.units.size < 4) edge.units.add(unit);
      graph.contexts.set(key, context);
      context.next.set(name, edge);
    }
  });
  if (graph.sessions >= MIN_SESSIONS) graph.isLearning = false;
  if (graph.sessions % MIN_SESSIONS === 0) promote(graph);
}

function promote(graph: Graph): void {
  const needed = Math.min(2, graph.units.size);
  for (const [name, edge] of graph.contexts.get("0")?.next ?? [])
    if (edge.units.size >= needed && (graph.sessions === MIN_SESSIONS || edge.sessions >= 5))
      graph.baseline.add(name);
}

function learnValues(known: Baseline, name: string, values: ReadonlySet<string>, unit: string): void {
  const slot = known.slots.get(name) ?? { draws: 0, once: 0, isOpen: false, values: new Map() };
  known.slots.set(name, slot);
  if (slot.isOpen) return;
  slot.draws++;
  for (const text of values) {
    const value = slot.values.get(text) ?? { sessions: 0, units: new Set<string>() };
    if (value.sessions === 0) slot.once++;
    else if (value.sessions === 1) slot.once--;
    value.sessions++;
    value.units.add(unit);
    slot.values.set(text, value);
  }
  slot.isOpen = slot.draws >= 50 && slot.once / slot.draws > 0.5;
  if (slot.isOpen) slot.values.clear();
}
