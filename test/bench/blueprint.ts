/** The agents of benchmark files: what stays the same of each, already as JSON text. */
import { type Random, random } from "../../services/simulator/random.ts";

/** One operation of one agent: its JSON up to the targets, and where these come from. */
export interface Call {
  readonly head: string;
  readonly field: string;
  /** Values of a closed slot; empty for an open one. */
  readonly values: readonly string[];
}

/** An agent, as parts of text. */
export interface Blueprint {
  /** JSON from `agent` to `trustUnit`, and of `network`, for each instance. */
  readonly copies: readonly { readonly agent: string; readonly network: string }[];
  readonly workflows: readonly { readonly name: string; readonly calls: readonly Call[] }[];
  readonly services: readonly string[];
  /** JSON of the issuer, and of the audience. */
  readonly issuer: string;
  readonly audience: string;
  /** Whether its gateway reports the claims of a token with each call. */
  readonly showsClaims: boolean;
  readonly hashesTokens: boolean;
}

const SERVICES = [
  "erp",
  "crm",
  "mail",
  "tickets",
  "storage",
  "warehouse",
  "git",
  "payments",
  "calendar",
  "search",
];
const VERBS = ["read", "list", "find", "search", "check", "count", "create", "update", "archive", "send"];
const NOUNS = ["invoice", "customer", "order", "report", "document", "message", "record", "plan"];
const WORKFLOWS = ["Answer requests", "Prepare reports", "Keep records"];
const CLOSED = ["account", "host", "recipient", "bucket"];
const OPEN = ["query", "document", "order"];

/** The agent of this number, from 0; the same seed and number give the same agent. */
export function blueprint(seed: number, index: number): Blueprint {
  const own = random(seed, "bench", index);
  const name = `agent-${String(index).padStart(5, "0")}`;
  const services = Array.from(
    { length: 4 },
    (_, step) => SERVICES[(index + 3 * step) % SERVICES.length] as string,
  );
  return {
    copies: Array.from({ length: 1 + own.below(4) }, () => copy(name, index, own)),
    workflows: WORKFLOWS.map((name, workflow) => ({
      name,
      calls: Array.from({ length: 6 + own.below(5) }, (_, step) =>
        call(own.pick(services), workflow * 11 + step, own),
      ),
    })),
    services,
    issuer: `"issuer":"https://login-${index % 3}.example.com"`,
    audience: `"audience":${JSON.stringify(services)}`,
    showsClaims: index % 4 < 2,
    hashesTokens: index % 4 === 3,
  };
}

function copy(name: string, index: number, own: Random): Blueprint["copies"][number] {
  const unit = own.below(4);
  const version = `"version":"1.${index % 7}.${own.below(2)}","instance":"${name}-${own.hex(6)}"`;
  const node = own.below(60);
  return {
    agent: `"agent":{"id":"${name}",${version}},"trustUnit":"cluster-${unit}"`,
    network: `{"ip":"198.51.100.${node * 4 + unit}","asn":${64496 + unit},"node":"node-${unit}-${node}"}`,
  };
}

function call(service: string, place: number, own: Random): Call {
  const verb = own.below(VERBS.length);
  const tier = verb < 6 ? 0 : verb < 9 ? 1 : 2;
  const isOpen = own.chance(0.4);
  const field = own.pick(isOpen ? OPEN : CLOSED);
  const value = () => `${field}-${own.below(10_000)}.example.com`;
  return {
    head: `{"service":"${service}","name":"${VERBS[verb]}_${own.pick(NOUNS)}_${place}","tier":${tier}`,
    field: own.chance(0.15) ? "" : field,
    values: isOpen ? [] : Array.from({ length: 2 + own.below(3) }, value),
  };
}
