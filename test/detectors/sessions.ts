/** Sessions of a paying agent: what it usually does, and how it learns. */
import { type CallFields, call, DAY, type Given, HOUR, SECOND, type World, world } from "./given.ts";

const UNITS = ["unit-1", "unit-2", "unit-3"];
let sessions = 0;

/** One session of its own, a call a second. */
export function session(atMs: number, steps: readonly CallFields[], more: object = {}): Given[] {
  const id = `s-${++sessions}`;
  return steps.map((step, index) =>
    call(atMs + index * SECOND, { session: id, trustUnit: "unit-1", ...more, ...step }),
  );
}

export const READ: CallFields = { name: "read_invoice", targets: { invoice: ["INV-1"] } };
export const APPROVE: CallFields = { name: "approve", tier: 1 };
export const transfer = (payee: string): CallFields => ({
  service: "bank",
  name: "transfer",
  tier: 2,
  targets: { payee: [payee] },
});
export const payee = (number: number) => `accounts@supplier-${number}.example.com`;

/** The `index`-th session of a kind: three payees and three trust units in turn, every invoice new. */
export const KINDS = {
  Pay: (index: number): CallFields[] => [
    { ...READ, targets: { invoice: [`INV-${1000 + index}`] } },
    APPROVE,
    transfer(payee(index % 3)),
  ],
  Ask: (index: number): CallFields[] => [
    { ...READ, targets: { invoice: [`INV-${5000 + index}`] } },
    { name: "search" },
  ],
};

/** `count` sessions of each kind, one an hour, from `fromMs` on. */
export function history(count: number, fromMs = 0, units: readonly string[] = UNITS): Given[] {
  return Array.from({ length: count }, (_, index) => {
    const at = (kind: number) => fromMs + (index * 2 + kind) * HOUR;
    // The unit moves on more slowly than the payee, so that each meets each.
    const trustUnit = units[Math.floor(index / 3) % units.length];
    return [
      ...session(at(0), KINDS.Pay(index), { workflow: "Pay", trustUnit }),
      ...session(at(1), KINDS.Ask(index), { workflow: "Ask", trustUnit }),
    ];
  }).flat();
}

/** After this, nothing of the history is under way any more. */
export const LATER = 20 * DAY;

/** An agent that has learned both workflows, and whose history has ended with a turn of the day. */
export function learned(settings: Record<string, Record<string, unknown>> = {}): World {
  const given = world(settings);
  given.sees(...history(60), ...session(LATER - DAY, KINDS.Ask(99), { workflow: "Ask" }));
  return given;
}
