/** `offgraph baseline approve` and `deny`: what an agent may or may not do, whoever has done it before. */
import { Command, InvalidArgumentError } from "commander";
import { carryOutDecision, changing, type DecisionOptions } from "./baseline-decision.ts";
import { type Learned, learnedOf } from "./learned.ts";
import { clientOf } from "./options.ts";
import { safe, shownCount } from "./terminal.ts";

type Targets = Readonly<Record<string, readonly string[]>>;

interface Options extends DecisionOptions {
  readonly workflow?: string;
  readonly target?: Targets;
}

type Verdict = "approve" | "deny";

const BECOMES = {
  approve: "baseline from now on, whoever has used it",
  deny: "denied: each use of it is found as a broken rule, also while learning",
} as const;

/** `field=value`, again and again. */
function target(given: string, before: Targets = {}): Targets {
  const [, field = "", value = ""] = /^([^=]+)=(.+)$/.exec(given) ?? [];
  if (field === "") throw new InvalidArgumentError("expected FIELD=VALUE");
  return { ...before, [field]: [...(before[field] ?? []), value] };
}

/** The command of this verdict. */
export function edgeCommand(verdict: Verdict): Command {
  const what = verdict === "approve" ? "may be used" : "may never be used";
  return changing(new Command(verdict))
    .summary(`an operation, or values of it, ${what}`)
    .description(
      `an operation of an agent ${what}, in one workflow or in all; with --target, values of it ${what}`,
    )
    .argument("<agent>", "id of the agent")
    .argument("<service>", "service, as `offgraph agents ID` shows it before the operation")
    .argument("<operation>", "name of the operation")
    .option("--workflow <name>", "only in this workflow")
    .option("--target <field=value>", "this value of the operation; may be repeated", target)
    .action((agent: string, service: string, operation: string, options: Options) =>
      run(verdict, { agent, service, operation }, options),
    );
}

interface Named {
  readonly agent: string;
  readonly service: string;
  readonly operation: string;
}

async function run(verdict: Verdict, named: Named, options: Options): Promise<void> {
  const { workflow, target: targets } = options;
  const client = clientOf(options);
  const learned = await learnedOf(client, named.agent);
  const states =
    targets === undefined ? operationStates(learned, named, workflow) : valueStates(learned, named, targets);
  const lines = states.map((state) => safe(`${named.agent}: ${state} → ${BECOMES[verdict]}`));
  const body = { ...named, ...(workflow !== undefined && { workflow }), ...(targets && { targets }) };
  await carryOutDecision(
    client,
    { agent: named.agent, lines, path: `/v1/baseline/${verdict}`, body },
    options,
  );
}

/** How the operation stands where it is meant. */
function operationStates(
  { agent, workflows }: Learned,
  named: Named,
  workflow: string | undefined,
): string[] {
  const name = `${named.service} ${named.operation}`;
  const meant =
    workflow === undefined
      ? [agent ?? [], workflows].flat()
      : workflows.filter((one) => one.workflow === workflow);
  const stateIn = (one: (typeof meant)[number]) => {
    const edge = one.operations.find(({ operation }) => operation === name);
    const seen =
      edge &&
      `${edge.state}, in ${shownCount(edge.sessions, "session")} from ${shownCount(edge.witnesses, "trust unit")}`;
    return `\`${name}\` ${one.workflow === undefined ? "outside of any workflow" : `in workflow \`${one.workflow}\``}: ${seen ?? "never learned"}`;
  };
  if (meant.length > 0) return meant.map(stateIn);
  return [
    `\`${name}\`${workflow === undefined ? "" : ` in workflow \`${workflow}\``}: nothing was learned yet, check the spelling`,
  ];
}

function valueStates(learned: Learned, named: Named, targets: Targets): string[] {
  const name = `${named.service} ${named.operation}`;
  return Object.entries(targets).flatMap(([field, values]) => {
    const slot = learned.targets.find((one) => one.operation === name && one.field === field);
    return values.map((value) => {
      const known = slot?.values.find((one) => one.value === value);
      return `\`${name}\` with ${field} \`${value}\`: ${known === undefined ? "never learned" : `${known.state}, in ${shownCount(known.sessions, "session")}`}`;
    });
  });
}
