/** How the contracts of an agent are written and read. */
import type { ByteReader, ByteWriter } from "../../codec.ts";
import type { ContractValue } from "./contract-values.ts";
import type { Clause, ContractInForce } from "./contracts.ts";

/** Dense. */
export function writeContracts(contracts: readonly ContractInForce[], to: ByteWriter): void {
  to.u8(contracts.length);
  for (const contract of contracts) {
    for (const text of [contract.name, contract.key, contract.digest]) to.text(text);
    to.i32(contract.version);
    to.f64(contract.untilMs);
    to.u8((contract.closed ? 1 : 0) | (contract.ended ? 2 : 0));
    to.u16(contract.workflow);
    to.u16(contract.clauses.size);
    for (const [operation, clause] of contract.clauses) writeClause(operation, clause, to);
  }
}

function writeClause(operation: number, { sensitive, holds, before, values }: Clause, to: ByteWriter): void {
  to.u16(operation);
  to.u8((sensitive ? 1 : 0) | (holds ? 2 : 0) | (before << 2));
  to.u8(values.length);
  for (const { field, low, high, made } of values) {
    to.u16(field);
    to.i32(low);
    to.i32(high);
    to.u8(made ? 1 : 0);
  }
}

/** Reads what writeContracts wrote. */
export const readContracts = (from: ByteReader): readonly ContractInForce[] =>
  Array.from({ length: from.u8() }, () => readContract(from));

function readContract(from: ByteReader): ContractInForce {
  const [name, key, digest] = [from.text(), from.text(), from.text()];
  const [version, untilMs, flags, workflow] = [from.i32(), from.f64(), from.u8(), from.u16()];
  const [closed, ended] = [(flags & 1) !== 0, (flags & 2) !== 0];
  const clauses = new Map(Array.from({ length: from.u16() }, () => [from.u16(), readClause(from)] as const));
  return { name, key, digest, version, untilMs, closed, ended, workflow, clauses };
}

function readClause(from: ByteReader): Clause {
  const flags = from.u8();
  const values = Array.from({ length: from.u8() }, () => readValue(from));
  return { sensitive: (flags & 1) !== 0, holds: (flags & 2) !== 0, before: flags >> 2, values };
}

const readValue = (from: ByteReader): ContractValue => ({
  field: from.u16(),
  low: from.i32(),
  high: from.i32(),
  made: from.u8() === 1,
});
