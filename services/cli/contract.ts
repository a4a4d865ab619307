/** `offgraph contract`: what an agent's owner signs of its workflows, drafted, signed, checked and put into effect. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { Command } from "commander";
import { signContract, thumbprintOf } from "../api/contract-signature.ts";
import { carryOutDecision, type DecisionOptions } from "./baseline-decision.ts";
import { draftOf } from "./contract-draft.ts";
import { makeKeys, readContract, readPrivateKey, readSigned } from "./contract-file.ts";
import { planOf, type Verified } from "./contract-plan.ts";
import { type AppliedContract, learnedOf } from "./learned.ts";
import { type CommandOptions, clientOf, jsonOption, remote } from "./options.ts";
import { minute } from "./sentences.ts";
import { bold, dim, print, safe, table } from "./terminal.ts";
import { writeText } from "./text-file.ts";

const EXAMPLES = `
From what was learned to a contract in force:
  offgraph contract keygen owner.key                      once; the public key goes into the settings, the private one stays with the owner
  offgraph contract draft billing --workflow Pay > pay.yaml
  offgraph contract sign pay.yaml --key owner.key         after reading each line; writes pay.jws
  offgraph contract check pay.jws                         who has signed it, and what it would change
  offgraph contract apply pay.jws --yes

A contract, YAML or JSON, at most 64 KB and 1,000 operations:
  name: pay
  version: 1                        # an older version never takes the place of a newer one
  tenant: default                   # absent: whichever it is applied in
  agent: billing
  workflow: Pay                     # absent: sessions that declare none
  until: 2027-03-31T00:00:00Z       # afterwards it is as if it had never been
  closed: false                     # true: every other operation is told, also while the workflow is learning
  operations:
    - { service: erp, operation: read_invoice }
    - { service: bank, operation: transfer, sensitive: true, targets: { payee: [accounts@example.com] } }

What it names is normal until it ends, sensitive operations too if it says so. What a person has denied stays denied. A version
without operations withdraws what the one before it named.`;

/** The command `offgraph contract`, with what is under it. */
export function contractCommand(): Command {
  return new Command("contract")
    .summary("what an agent's owner has signed: draft, sign, check, apply")
    .description("contracts: what the owner of an agent declares a workflow to be, and signs")
    .addHelpText("after", EXAMPLES)
    .addCommand(draftCommand())
    .addCommand(keygenCommand())
    .addCommand(signCommand())
    .addCommand(checkCommand())
    .addCommand(applyCommand())
    .addCommand(listCommand());
}

const draftCommand = () =>
  remote(new Command("draft"))
    .summary("print a contract of what was learned")
    .description("print what was learned of a workflow as a contract, for a person to read, mend and sign")
    .argument("<agent>", "id of the agent")
    .option("--workflow <name>", "which workflow; needed where there are several")
    .action(async (agent: string, options: CommandOptions & { workflow?: string }) => {
      const learned = await learnedOf(clientOf(options), agent);
      const text = draftOf(agent, learned, options.workflow, Date.now());
      if (!options.json) return print(text.trimEnd());
      const { parse } = await import("yaml");
      print(JSON.stringify(parse(text)));
    });

const keygenCommand = () =>
  new Command("keygen")
    .summary("make a pair of keys to sign with")
    .description(
      "make an Ed25519 key to sign contracts with, readable by its owner alone, and FILE.pub beside it for the settings",
    )
    .argument("<file>", "where the private key is written; nothing is overwritten")
    .addOption(jsonOption())
    .action((file: string, { json }: CommandOptions) => {
      const { publicKey, publicFile } = makeKeys(file);
      const thumbprint = thumbprintOf(publicKey);
      if (json) return print(JSON.stringify({ privateKeyFile: file, publicKeyFile: publicFile, thumbprint }));
      print(`Private key: ${file}, for whoever signs; it has no place on the machine that Offgraph runs on.`);
      print(`Public key:  ${publicFile}, thumbprint ${thumbprint}. In offgraph.yaml:\n`);
      print(`contracts:\n  keys:\n    - name: ${basename(file)}\n      publicKeyFile: ${publicFile}`);
    });

const signCommand = () =>
  new Command("sign")
    .description(
      "sign a contract; what is written can be applied, and checked by anybody who has the public key",
    )
    .argument("<file>", "the contract, YAML or JSON")
    .requiredOption("--key <file>", "private key that `offgraph contract keygen` has made")
    .option("--output <file>", "where it is written (default: the same name with .jws)")
    .addOption(jsonOption())
    .action((file: string, options: { key: string; output?: string; json?: true }) => {
      const contract = readContract(file);
      const signed = signContract(contract, readPrivateKey(options.key));
      const output = options.output ?? `${file.replace(/\.(ya?ml|json)$/, "")}.jws`;
      writeText(output, `${signed}\n`);
      const digest = digestOf(signed);
      const { name, version } = contract;
      if (options.json) print(JSON.stringify({ name, version, output, digest }));
      else print(`${bold("Signed")} ${name} v${version}, written to ${output}; sha256 ${digest}.`);
    });

/** What the system calls the digest: of what is signed, without the signature. */
const digestOf = (signed: string) =>
  createHash("sha256")
    .update(signed.slice(0, signed.lastIndexOf(".")))
    .digest("hex");

const checkCommand = () =>
  remote(new Command("check"))
    .summary("who has signed a contract, and what it would change")
    .description(
      "have the running system verify a signed contract, and show what it would change; nothing is done",
    )
    .argument("<file>", "a signed contract, .jws")
    .action((file: string, options: CommandOptions) => applyFile(file, options));

const applyCommand = () =>
  remote(new Command("apply"))
    .summary("put a signed contract into effect")
    .description("put a signed contract into effect; without --yes it is only said what would change")
    .argument("<file>", "a signed contract, .jws")
    .option("--reason <text>", "why; it is kept in the audit log (default: the name of the contract)")
    .option("--yes", "do it; without, it is only said what would change")
    .action((file: string, options: Partial<DecisionOptions>) => applyFile(file, options));

async function applyFile(file: string, options: Partial<DecisionOptions>): Promise<void> {
  const client = clientOf(options);
  const signed = readSigned(file);
  const verified = await client.post<Verified>("/v1/contracts", { signed, dryRun: true });
  const { agent, name, version } = verified.contract;
  const lines = planOf(verified, await learnedOf(client, agent));
  const reason = options.reason ?? `contract ${name} v${version}`;
  await carryOutDecision(
    client,
    { agent, lines, path: "/v1/contracts", body: { signed } },
    { ...options, reason },
  );
}

const listCommand = () =>
  remote(new Command("list"))
    .description("contracts that were applied, those that have ended too")
    .argument("[agent]", "id of an agent; without, of all")
    .action(list);

/** Contracts with their agents, and whether there are more of them. */
interface Listed {
  readonly contracts: readonly (AppliedContract & { readonly agent: string })[];
  readonly more: boolean;
}

async function list(agent: string | undefined, options: CommandOptions): Promise<void> {
  const query = agent === undefined ? "" : `?agent=${encodeURIComponent(agent)}`;
  const { contracts, more } = await clientOf(options).get<Listed>(`/v1/contracts${query}`);
  if (options.json) return print(JSON.stringify(contracts));
  if (contracts.length === 0)
    return print(dim("There are none: `offgraph contract --help` says how to make one."));
  const rows = contracts.map((one) => [
    safe(one.agent),
    safe(one.workflow ?? ""),
    `${one.name} v${one.version}`,
    `${one.state}${one.closed ? ", closed" : ""}`,
    one.operations,
    minute(one.until),
    safe(one.key),
  ]);
  print(table(["agent", "workflow", "contract", "state", "operations", "until", "signed by"], rows));
  for (const { name, doesNotHoldFor } of contracts)
    for (const { operation, why } of doesNotHoldFor) print(safe(`  ${name}: not \`${operation}\`: ${why}`));
  if (more) print(dim("There are more; name an agent to see its own."));
}
