/** The population: agents of several domains, each with a few instances spread over the trust units. */
import type { Domain, ValueSource } from "./domain.ts";
import { DOMAINS } from "./domains/index.ts";
import { type Random, random } from "./random.ts";

/** One running copy of an agent, and where its calls come from. */
export interface Instance {
  readonly id: string;
  readonly trustUnit: string;
  readonly network: Readonly<{ ip: string; asn: number; region: string; userAgent: string; node: string }>;
}

/** One agent of a population. */
export interface SimulatedAgent {
  readonly id: string;
  readonly domain: Domain;
  readonly version: string;
  /** A deployment of `version` over an older one, some days before the end of the history. */
  readonly deployment?: { readonly daysBeforeEnd: number; readonly from: string };
  readonly instances: readonly Instance[];
  /** The values of the closed slots, by field. */
  readonly closed: Readonly<Record<string, readonly string[]>>;
  /** Keeps the open values of two agents apart. */
  readonly salt: number;
}

/** Clusters: documentation addresses (RFC 5737) and autonomous systems (RFC 5398). */
const TRUST_UNITS = [
  { name: "cluster-a", prefix: "192.0.2.", asn: 64496, region: "eu-west" },
  { name: "cluster-b", prefix: "198.51.100.", asn: 64497, region: "eu-north" },
  { name: "cluster-c", prefix: "198.51.100.1", asn: 64498, region: "us-east" },
] as const;
const NODES_PER_UNIT = 8;
const DEPLOYED_SHARE = 0.25;

/**
 * `count` agents, taking the domains in turn; or all of one, by its name. An agent does not depend on how many others there are.
 * @throws RangeError if there is no such domain.
 */
export function population(seed: number, count: number, only?: string): SimulatedAgent[] {
  const domains = only === undefined ? DOMAINS : DOMAINS.filter(({ name }) => name === only);
  const [first] = domains;
  if (first === undefined) throw new RangeError(`there is no domain ${only}`);
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / domains.length) + 1;
    return agent(seed, domains[index % domains.length] ?? first, round);
  });
}

function agent(seed: number, domain: Domain, round: number): SimulatedAgent {
  const id = `${domain.name}-${String(round).padStart(2, "0")}`;
  const own = random(seed, id, "agent");
  const [major, minor] = [1 + own.below(3), 1 + own.below(8)];
  const deployment = { daysBeforeEnd: 8 + own.below(4), from: `${major}.${minor - 1}.${own.below(10)}` };
  return {
    id,
    domain,
    version: `${major}.${minor}.0`,
    ...(own.chance(DEPLOYED_SHARE) && { deployment }),
    instances: TRUST_UNITS.map((unit) => instance(id, unit, own)),
    closed: closedValues(domain.slots, own),
    salt: own.below(1_000_000),
  };
}

function instance(
  agentId: string,
  { name, prefix, asn, region }: (typeof TRUST_UNITS)[number],
  own: Random,
): Instance {
  const node = 10 + own.below(NODES_PER_UNIT);
  return {
    id: `${agentId}-${own.hex(6)}`,
    trustUnit: name,
    network: { ip: `${prefix}${node}`, asn, region, userAgent: "agentkit/3.2", node: `${name}-node-${node}` },
  };
}

function closedValues(slots: Domain["slots"], own: Random): Record<string, string[]> {
  const values = (slot: ValueSource): string[] => {
    if (slot.kind === "open") return [];
    const first = 10 + own.below(80);
    return Array.from({ length: slot.values }, (_, step) => fill(slot.form, first + step));
  };
  return Object.fromEntries(Object.entries(slots).map(([field, slot]) => [field, values(slot)]));
}

/** A value of one of the agent's slots, as it comes up in normal work. */
export function drawValue(agent: SimulatedAgent, field: string, from: Random): string {
  const slot = agent.domain.slots[field];
  if (!slot) throw new RangeError(`${agent.domain.name} has no slot ${field}`);
  if (slot.kind === "closed") return from.pick(agent.closed[field] ?? []);
  // The inverse of the tail of a power law with exponent 1/discount: P(rank > k) = k^-(1/discount - 1).
  const rank = Math.floor((1 - from.unit()) ** (slot.discount / (slot.discount - 1)));
  return fill(slot.form, 100_000 + ((agent.salt + rank * 7919) % 900_000));
}

/** A value that has the form of a slot and that no agent uses. */
export function unseenValue(agent: SimulatedAgent, field: string, from: Random): string {
  const slot = agent.domain.slots[field];
  if (!slot) throw new RangeError(`${agent.domain.name} has no slot ${field}`);
  return fill(slot.form, 1_000_000 + from.below(1_000_000));
}

const fill = (form: string, number: number) => form.replace("{}", String(number));
