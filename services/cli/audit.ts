/** `offgraph audit`: the log of what was decided and done, verified without trusting the system that wrote it. */
import type { KeyObject } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { auditVerifier, type Chain, type Fault } from "../responder/audit-verify.ts";
import type { AuditSource, SourceOptions } from "./audit-source.ts";
import { EXIT } from "./failure.ts";
import { type CommandOptions, clientOf, remote } from "./options.ts";
import { bold, dim, print, shownCount, tell } from "./terminal.ts";

const EXAMPLES = `
Examples:
  offgraph audit verify                                   of the running system
  offgraph audit verify --data offgraph-data              of a data folder, also while the system runs, or of a copy
  offgraph audit verify copy.ndjson --key audit.pub       of a file that \`offgraph audit export\` wrote, with a key kept elsewhere

Each chain's end is printed: keep it elsewhere, because a log whose newest entries were cut off is whole by itself.`;

/** The command `offgraph audit`, with what is under it. */
export function auditCommand(): Command {
  const verify = remote(new Command("verify"))
    .summary("whether every entry of the audit log is there and unchanged")
    .description(
      "whether every entry of the audit log is there, unchanged and signed; names the first that is not, and ends with 1",
    )
    .argument("[files...]", "files of entries, or folders of them; without, the running system is asked")
    .option("--data <folder>", "read a data folder itself; nothing needs to run")
    .option("--key <file>", "public key of the signatures, PEM (default: of the system or data folder)")
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], options: SourceOptions) => {
      const { auditSource } = await import("./audit-source.ts");
      process.exitCode = await run(await auditSource(files, options), options);
    });
  const exporting = remote(new Command("export"))
    .description("the audit log, one entry a line; `offgraph audit verify FILE` checks it")
    .option("--output <file>", "write to this file instead of standard output")
    .action(save);
  const key = remote(new Command("key"))
    .description("the public key that verifies the signatures, PEM; keep a copy away from the system")
    .action(async (options: CommandOptions) => {
      process.stdout.write(await (await clientOf(options).open("/v1/audit/key")).text());
    });
  const all = new Command("audit").description("what was decided and done: verify it, or take a copy");
  return all.addCommand(verify).addCommand(exporting).addCommand(key);
}

async function save(options: CommandOptions & { output?: string }): Promise<void> {
  const { body } = await clientOf(options).open("/v1/audit");
  if (body === null) return;
  const to = options.output ? createWriteStream(options.output, { mode: 0o600 }) : process.stdout;
  await pipeline(Readable.fromWeb(body), to, { end: options.output !== undefined });
  if (options.output) tell(`Written to ${options.output}.`);
}

/** What verifying came to. */
interface Result {
  readonly intact: boolean;
  readonly entries: number;
  /** Entries of other tenants, of which only their place in the chain was checked. */
  readonly sealed: number;
  readonly signatures: "checked" | "not checked";
  readonly chains: readonly Chain[];
  readonly fault?: Fault & { readonly place: string };
}

async function run(source: AuditSource, { json }: CommandOptions): Promise<number> {
  const result = await resultOf(source, source.key);
  if (json) print(JSON.stringify(result));
  else tellResult(result);
  return result.intact ? EXIT.ok : EXIT.found;
}

async function resultOf({ lines }: AuditSource, key: KeyObject | undefined): Promise<Result> {
  const verifier = auditVerifier(key);
  let broken: Result["fault"];
  for await (const { place, entry } of lines) {
    const fault = entry === undefined ? unreadable(verifier.chains()) : verifier.take(entry);
    if (fault === undefined) continue;
    broken = { place, ...fault };
    break;
  }
  const chains = verifier.chains();
  return {
    intact: broken === undefined,
    entries: chains.reduce((sum, { head }) => sum + head.sequence, 0),
    sealed: verifier.sealed(),
    signatures: key === undefined ? "not checked" : "checked",
    chains,
    ...(broken && { fault: broken }),
  };
}

/** It stands after the chain that was read last. */
function unreadable(chains: readonly Chain[]): Fault {
  const { partition, head } = chains.at(-1) ?? { partition: 0, head: { sequence: 0 } };
  return { partition, sequence: head.sequence + 1, reason: "no entry of an audit log" };
}

function tellResult({ entries, sealed, signatures, chains, fault }: Result): void {
  const some = `${shownCount(entries, "entry", "entries")} in ${shownCount(chains.length, "chain")}`;
  if (fault === undefined) print(`${bold("Whole")}: ${some}; signatures ${signatures}.`);
  else tellFault(fault, some);
  for (const { partition, head } of chains)
    print(dim(`  chain ${partition}: ends with entry ${head.sequence}, ${head.hash}`));
  if (sealed > 0)
    print(
      dim(
        `  ${sealed} of them ${sealed === 1 ? "is" : "are"} of another tenant: only the place in the chain was checked.`,
      ),
    );
  if (signatures === "not checked")
    print(dim("  --key FILE checks who wrote them; `offgraph audit key` prints the key."));
}

function tellFault(
  { place, partition, sequence, reason, expected, found }: NonNullable<Result["fault"]>,
  some: string,
) {
  print(`${bold("Broken")} at ${place} (chain ${partition}, entry ${sequence}): ${reason}`);
  if (expected !== undefined) print(`  expected ${expected}\n  found    ${found}`);
  print(`Before it: ${some}, whole.`);
}
